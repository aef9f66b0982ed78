import { withTabLock } from '../../session/tab-lock';
import { SHARED_TEXTS, isTooOld } from '../../storage/shared-texts';

/** Takes what other apps have shared with this one, in the order of sharing, in one tab at a time. */
export async function takeSharedTexts(add: (text: string) => void): Promise<void> {
  await withTabLock(SHARED_TEXTS, () => takeAll(add));
}

/**
 * Each stays until it is added, in case the page is left in between. One that was added by then and comes again is where the draft
 * ends. Nor is the whole cache deleted: another text may have come meanwhile.
 */
async function takeAll(add: (text: string) => void): Promise<void> {
  const cache = await existingCache();
  for (const request of (await cache?.keys()) ?? []) {
    const text = isTooOld(request) ? undefined : await (await cache?.match(request))?.text();
    if (text) add(text);
    await cache?.delete(request);
  }
}

async function existingCache(): Promise<Cache | undefined> {
  try {
    return (await caches.has(SHARED_TEXTS)) ? await caches.open(SHARED_TEXTS) : undefined;
  } catch {
    // Without caches, as over plain http, there is no share target either.
    return undefined;
  }
}
