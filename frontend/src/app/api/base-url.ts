import { DOCUMENT, InjectionToken, inject } from '@angular/core';

/** The API's URL without a trailing slash; empty if the API serves this page. */
export const API_BASE_URL = new InjectionToken<string>('API_BASE_URL', {
  factory: () =>
    inject(DOCUMENT)
      .querySelector<HTMLMetaElement>('meta[name="api-base-url"]')
      ?.content.replace(/\/+$/, '') ?? '',
});

export function isApiUrl(url: string, base: string, page: string): boolean {
  const api = new URL(`${base}/`, page);
  const requested = new URL(url, page);
  return requested.origin === api.origin && requested.pathname.startsWith(api.pathname);
}
