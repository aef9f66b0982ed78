/** What the service worker was given for this app (`src/service-worker.js`). */
const CACHE = 'mysms.shared-text';
/** Long enough to sign in first. What is older may be somebody else's. */
const KEPT_MS = 10 * 60 * 1000;

/** Takes the text that another app has shared with this one; only one tab gets it. */
export async function takeSharedText(): Promise<string | undefined> {
  try {
    if (!(await caches.has(CACHE))) return undefined;
    const cache = await caches.open(CACHE);
    const request = (await cache.keys()).at(-1);
    const text = request && (await (await cache.match(request))?.text());
    const sharedAt = Number(request && new URL(request.url).searchParams.get('at'));
    const isMine = await caches.delete(CACHE);
    return isMine && Date.now() - sharedAt < KEPT_MS && text ? text : undefined;
  } catch {
    // Without caches, as over plain http, there is no share target either.
    return undefined;
  }
}
