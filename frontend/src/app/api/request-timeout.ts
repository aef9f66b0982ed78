/** How long a request may take that the API answers at once. */
export const REQUEST_TIMEOUT_MS = 15_000;
