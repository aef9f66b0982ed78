/** The IndexedDB database with what the API has told this browser. Nothing is lost if it is deleted at any time. */
export const CACHE_DATABASE = 'mysms.cache';

/** Deletes the cache as soon as no tab is using it. */
export function deleteCache(): void {
  try {
    indexedDB.deleteDatabase(CACHE_DATABASE);
  } catch {
    // Without IndexedDB there is no cache.
  }
}
