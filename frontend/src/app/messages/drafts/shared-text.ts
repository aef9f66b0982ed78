import { SHARED_TEXTS, isTooOld } from '../../storage/shared-texts';

/** Takes what other apps have shared with this one, in the order of sharing; only one tab gets it. */
export async function takeSharedText(): Promise<string | undefined> {
  try {
    if (!(await caches.has(SHARED_TEXTS))) return undefined;
    const cache = await caches.open(SHARED_TEXTS);
    // Who has to sign in first may have shared several.
    const requests = (await cache.keys()).filter((request) => !isTooOld(request));
    const texts = await Promise.all(
      requests.map(async (request) => (await cache.match(request))?.text()),
    );
    const isMine = await caches.delete(SHARED_TEXTS);
    return (isMine && texts.filter(Boolean).join('\n')) || undefined;
  } catch {
    // Without caches, as over plain http, there is no share target either.
    return undefined;
  }
}
