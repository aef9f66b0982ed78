const PATIENCE_MS = 20_000;

/**
 * Tabs take turns where the browser can arrange it. Where it cannot (plain http on a LAN), or a tab
 * does not give way, the work is done all the same: it must be harmless in two tabs at once.
 */
export async function oneTabAtATime<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = (navigator as Partial<Navigator>).locks;
  if (locks === undefined) return work();
  const endTurn = await turn(locks, name);
  try {
    return await work();
  } finally {
    endTurn();
  }
}

function turn(locks: LockManager, name: string): Promise<() => void> {
  return new Promise((begin) => {
    locks
      .request(name, { signal: AbortSignal.timeout(PATIENCE_MS) }, () => new Promise<void>(begin))
      .catch(() => {
        begin(() => undefined);
      });
  });
}
