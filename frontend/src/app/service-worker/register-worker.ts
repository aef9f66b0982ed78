const SCRIPT = '/service-worker.js';
/** How often a page that stays open asks whether there is another version. The worker also asks at each page load. */
const CHECK_INTERVAL_MS = 15 * 60 * 1000;

interface WorkerMessage {
  readonly type?: string;
  readonly result?: boolean;
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: () => string }): TrustedTypePolicy;
}

interface TrustedTypePolicy {
  createScriptURL(input: string): string;
}

/**
 * Registers the worker, and calls back whenever another version is ready, or this one cannot go on. To be called once.
 *
 * Without Angular's client, which does not register under Trusted Types, and whose imports would be part of the first
 * page. The messages are those of ngsw-worker.js.
 */
export async function registerWorker(onUpdate: () => void): Promise<void> {
  const { serviceWorker } = navigator;
  serviceWorker.addEventListener('message', ({ data }: MessageEvent<WorkerMessage | null>) => {
    // The worker announces a version to the pages that it controls. Any other page only gets the result of its own check,
    // and may have that version already: then the notice is a false alarm.
    const hasFound =
      !serviceWorker.controller && data?.type === 'OPERATION_COMPLETED' && data.result === true;
    if (hasFound || data?.type === 'VERSION_READY' || data?.type === 'UNRECOVERABLE_STATE') {
      onUpdate();
    }
  });
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
  // Whatever it is called with, the policy allows this script alone.
  const policy = trustedTypes?.createPolicy('service-worker', { createScriptURL: () => SCRIPT });
  const registration = await serviceWorker.register(policy?.createScriptURL(SCRIPT) ?? SCRIPT);

  let checkedAt = performance.now();
  const check = (): void => {
    if (document.visibilityState !== 'visible') return;
    if (performance.now() - checkedAt < CHECK_INTERVAL_MS) return;
    checkedAt = performance.now();
    registration.active?.postMessage({ action: 'CHECK_FOR_UPDATES', nonce: 0 });
  };
  setInterval(check, CHECK_INTERVAL_MS);
  document.addEventListener('visibilitychange', check);

  // A page that was reloaded past the worker, as by Shift+Reload, is never controlled.
  if (!serviceWorker.controller) {
    await new Promise((resolve) => {
      serviceWorker.addEventListener('controllerchange', resolve, { once: true });
    });
    // The worker knows a page, and keeps its version, from its first request; this page was loaded without the worker.
    await fetch('/index.html');
  }
}
