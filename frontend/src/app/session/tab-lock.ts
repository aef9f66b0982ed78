const LOCK_TIMEOUT_MS = 20_000;

/**
 * Runs the work in one tab at a time, by a Web Lock. Without Web Locks (plain http on a LAN), or if another tab keeps the
 * lock for too long, the work runs all the same: it must be harmless in two tabs at once.
 */
export async function withTabLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = (navigator as Partial<Navigator>).locks;
  if (locks === undefined) return work();
  const release = await acquire(locks, name);
  try {
    return await work();
  } finally {
    release();
  }
}

function acquire(locks: LockManager, name: string): Promise<() => void> {
  return new Promise((begin) => {
    locks
      .request(
        name,
        { signal: AbortSignal.timeout(LOCK_TIMEOUT_MS) },
        () => new Promise<void>(begin),
      )
      .catch(() => {
        begin(() => undefined);
      });
  });
}
