/** How long a request may take that the API answers at once. */
export const REQUEST_TIMEOUT_MS = 15_000;

/** Longer, because the API reads it from the provider. */
export const MEDIA_TIMEOUT_MS = 60_000;

/** Longer, because a file of contacts is sent, read and stored in one request. */
export const IMPORT_TIMEOUT_MS = 120_000;

/** Longer, because a file of all messages is one response. */
export const EXPORT_TIMEOUT_MS = 300_000;
