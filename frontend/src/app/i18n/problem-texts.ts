/**
 * Everything that people read, here and in the files beside, in one place and ready to be translated. Each file loads
 * with what shows it; `first-page-texts.ts` is what the first page needs.
 */
export const texts = {
  problems: {
    unauthorized: 'Your session needs to be renewed.',
    notFound: 'The server does not know this address.',
    conflict: 'This was already sent with other content.',
    tooManyRequests: 'Too many requests at once.',
    tryAgainSoon: 'Please wait a moment.',
    tryAgainIn: (duration: string) => `Try again in ${duration}.`,
    byCode: {
      offline: 'The server cannot be reached. Check your connection.',
      timeout: 'The server took too long to answer.',
      rate_limited: 'Too many attempts.',
      minute_quota: 'You are sending very fast.',
      day_quota: 'You have sent as many messages as one person may send in a day.',
      installation_quota: 'Today’s limit for everyone here has been reached.',
      country_not_allowed: 'Messages to this country are not allowed here.',
      database_unavailable: 'The server cannot reach its database at the moment.',
      request_too_large: 'This is more than the server takes at once.',
      sign_up_closed:
        'Nobody can sign up here at the moment. Ask the person who runs this service.',
    } as Readonly<Record<string, string>>,
    server: 'The server has a problem at the moment.',
    unknown: 'Something went wrong.',
  },
} as const;
