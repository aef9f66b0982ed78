/** Why a call to the API failed. All texts are in this folder; each file is loaded with the screens that show it. */
export const problemTexts = {
  /** By the stable code of the API's problem; the API's own sentence is shown only for a code that is not here. */
  byCode: {
    offline: "Can't reach the server. Check your connection.",
    timeout: 'The server took too long to respond.',
    slow_request: 'The request took too long to arrive. Check your connection.',
    rate_limited: 'Too many attempts.',
    minute_quota: 'You are sending too fast.',
    day_quota: 'You have reached your daily limit.',
    installation_quota: 'This server has reached its daily limit.',
    country_not_allowed: 'Messages to this country are not allowed here.',
    database_unavailable: "The server can't reach its database at the moment.",
    request_too_large: 'This is more than the server accepts at once.',
    sign_up_closed: 'Sign-up is closed. Ask the person who runs this server.',
    invalid_credentials: 'Invalid email or password.',
    second_factor_required: 'Enter the six-digit code from your authenticator app.',
    invalid_second_factor_code: 'This code is not valid, or was used already.',
    no_second_factor: 'Two-step sign-in is off.',
    mail_not_configured: 'This server sends no mail.',
    session_ended: 'Your session has ended. Please sign in again.',
    not_signed_in: 'Your session needs to be renewed.',
    not_found: "This can't be found.",
    idempotency_key_reused: 'This was already sent with different content.',
    not_cancellable: "It can't be canceled now: it is being sent, or was sent already.",
    not_retryable: 'Only a message that was not delivered can be sent again.',
    possible_duplicate: 'This message may already have been sent.',
  } as Readonly<Record<string, string>>,

  unauthorized: 'Your session needs to be renewed.',
  notFound: "This address doesn't exist on the server.",
  conflict: 'This conflicts with an earlier change.',
  tooManyRequests: 'Too many requests at once.',
  server: 'The server has a problem at the moment.',
  unknown: 'Something went wrong.',

  tryAgainSoon: 'Please wait a moment.',
  tryAgainIn: (duration: string) => `Try again in ${duration}.`,
} as const;
