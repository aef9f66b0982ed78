/** What the service worker was given for this app (`src/service-worker.js`). */
export const SHARED_TEXTS = 'mysms.shared-text';
/** Long enough to sign in first. What is older may be somebody else's. */
const KEPT_MS = 10 * 60 * 1000;

export function isTooOld({ url }: Request): boolean {
  return !(Date.now() - Number(new URL(url).searchParams.get('at')) < KEPT_MS);
}

/** Deletes all texts, or those that nobody gets any more. */
export async function deleteSharedTexts(which: 'all' | 'old'): Promise<void> {
  try {
    if (which === 'all') {
      await caches.delete(SHARED_TEXTS);
    } else if (await caches.has(SHARED_TEXTS)) {
      const cache = await caches.open(SHARED_TEXTS);
      const old = (await cache.keys()).filter(isTooOld);
      await Promise.all(old.map((request) => cache.delete(request)));
    }
  } catch {
    // Without caches, as over plain http, there is no share target either.
  }
}
