import { DOCUMENT, InjectionToken, inject } from '@angular/core';

/** The API's URL without a slash at the end; empty when it serves this page itself. */
export const API_BASE_URL = new InjectionToken<string>('API_BASE_URL', {
  factory: () =>
    inject(DOCUMENT)
      .querySelector<HTMLMetaElement>('meta[name="api-base-url"]')
      ?.content.replace(/\/+$/, '') ?? '',
});

export function isApiUrl(url: string, base: string, page: string): boolean {
  const api = new URL(`${base}/`, page);
  const asked = new URL(url, page);
  return asked.origin === api.origin && asked.pathname.startsWith(api.pathname);
}
