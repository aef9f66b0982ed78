import { SHARED_TEXTS, isTooOld } from '../../storage/shared-texts';

/**
 * Takes what other apps have shared with this one, in the order of sharing. One tab at a time does; and what it has added
 * stays until it is stored, in case the page is left in between.
 */
export async function takeSharedText(add: (text: string) => void): Promise<void> {
  try {
    await navigator.locks.request(SHARED_TEXTS, () => take(add));
  } catch {
    // Without caches, as over plain http, there is no share target either.
  }
}

async function take(add: (text: string) => void): Promise<void> {
  const cache = await caches.open(SHARED_TEXTS);
  const requests = await cache.keys();
  // Who has to sign in first may have shared several.
  const texts = await Promise.all(
    requests
      .filter((request) => !isTooOld(request))
      .map(async (request) => (await cache.match(request))?.text()),
  );
  const text = texts.filter(Boolean).join('\n');
  if (text) add(text);
  // Not the cache: another text may have come meanwhile.
  await Promise.all(requests.map((request) => cache.delete(request)));
}
