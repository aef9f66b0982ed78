const SCRIPT = '/service-worker.js';
/** How often a page that stays open asks whether there is another version. The worker also asks at each page load. */
const CHECK_INTERVAL_MS = 15 * 60 * 1000;

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: () => string }): TrustedTypePolicy;
}

interface TrustedTypePolicy {
  createScriptURL(input: string): string;
}

/**
 * Registers the worker, and has it look for another version now and then. To be called once.
 *
 * Without Angular's client, which does not register under Trusted Types, and whose imports would be part of the first
 * page. The message is that of ngsw-worker.js.
 */
export async function registerWorker(): Promise<void> {
  const { serviceWorker } = navigator;
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
