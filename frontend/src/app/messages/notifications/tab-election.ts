const ELECTED = 'mysms.notifying-tab';
const VISIBLE = 'mysms.visible-tab';

/** Calls once this tab is the one of its browser that shows notifications. It stays that until the signal is aborted. */
export async function whenElected(signal: AbortSignal, call: () => void): Promise<void> {
  await hold(ELECTED, 'exclusive', signal, call);
}

/** Tells other tabs that this one is visible, until the signal is aborted. */
export async function announceVisible(signal: AbortSignal): Promise<void> {
  await hold(VISIBLE, 'shared', signal, () => undefined);
}

export async function isAnyTabVisible(): Promise<boolean> {
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name === VISIBLE);
}

async function hold(
  name: string,
  mode: LockMode,
  signal: AbortSignal,
  begin: () => void,
): Promise<void> {
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
  try {
    await navigator.locks.request(name, { mode, signal }, () => {
      begin();
      return aborted;
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
