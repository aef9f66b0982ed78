// The security headers of the site, wherever it is served from. The API serves the SPA with the same headers
// (mysms/web/response_headers.py); a test compares them.

/**
 * Each header with its value. `api` is the origin of the API, or 'self' if it is the page's own.
 *
 * @param {string} api
 * @returns {Record<string, string>}
 */
export function securityHeaders(api = "'self'") {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // Pictures and sounds that the page has fetched: no address could have the access token.
    "img-src 'self' data: blob:",
    'media-src blob:',
    "font-src 'self'",
    // The service worker fetches the files of the site, wherever the API is.
    api === "'self'" ? "connect-src 'self'" : `connect-src 'self' ${api}`,
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types angular angular#bundler service-worker',
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
    'Referrer-Policy': 'no-referrer',
    'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  };
}

/** For files with a hash of their content in their names. */
export const A_YEAR = 'public, max-age=31536000, immutable';
