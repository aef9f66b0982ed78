import AxeBuilder from '@axe-core/playwright';
import { APIRequestContext, Locator, Page, test as base, expect } from '@playwright/test';

interface Fixtures {
  /** Tolerates failed requests that a test causes itself and that the browser reports in its console. */
  tolerate: (complaint: RegExp) => void;
  phone: SimulatedPhone;
}

/** A number at which a message stays queued until the test reports a status. */
interface SimulatedPhone {
  readonly unhurried: string;
  report(text: string, status: string): Promise<void>;
  /** Sends a text from this number to the app's. */
  write(number: string, text: string, also?: { readonly attachments?: number }): Promise<void>;
  /** How often the simulated provider has accepted this text. */
  received(text: string): Promise<number>;
  /** All texts that end like this, in the order in which the simulated provider has accepted them. */
  receivedEnding(end: string): Promise<string[]>;
}

/** A user, and what the user does without the browser. */
interface Person {
  readonly email: string;
  write(number: string, text: string): Promise<void>;
  /** Gives a number a name. */
  call(number: string, name: string): Promise<void>;
  /** Mutes the conversation with a number, or unmutes it. */
  mute(number: string, isMuted: boolean): Promise<void>;
}

interface Ledger {
  readonly messages: readonly {
    readonly sid: string;
    readonly message: { readonly body: string };
  }[];
}

export { expect };

/** Fails any test that leaves an error in the console of a page. */
export const test = base.extend<Fixtures>({
  // The product is started after the configuration is read.
  baseURL: async ({}, use) => {
    await use(process.env['E2E_BASE_URL']);
  },
  phone: async ({ request }, use) => {
    const control = `${process.env['E2E_SIMULATOR_URL'] ?? ''}/_control`;
    const ledger = async (): Promise<Ledger['messages']> =>
      ((await (await request.get(`${control}/ledger`)).json()) as Ledger).messages;
    const sidsOf = async (text: string): Promise<string[]> =>
      (await ledger()).filter(({ message }) => message.body === text).map(({ sid }) => sid);
    await use({
      write: async (sender, body, { attachments = 0 } = {}) => {
        const data = { sender, body, num_media: attachments };
        const answer = await request.post(`${control}/texts`, { data });
        expect(answer.ok()).toBe(true);
      },
      received: async (text) => (await sidsOf(text)).length,
      receivedEnding: async (end) =>
        (await ledger()).map(({ message }) => message.body).filter((body) => body.endsWith(end)),
      unhurried: '+1 500 555 1002',
      report: async (text, status) => {
        const sids = await sidsOf(text);
        expect(sids).not.toHaveLength(0);
        const data = status === 'undelivered' ? { status, error_code: 30003 } : { status };
        for (const sid of sids) {
          const answer = await request.post(`${control}/messages/${sid}/status`, { data });
          expect(answer.ok()).toBe(true);
        }
      },
    });
  },
  tolerate: [
    async ({ context }, use) => {
      const complaints: string[] = [];
      const tolerated: RegExp[] = [];
      context.on('console', (message) => {
        if (message.type() === 'error') {
          complaints.push(`${message.text()} ${message.location().url}`);
        }
      });
      context.on('weberror', (error) => complaints.push(error.error().message));
      await use((complaint) => tolerated.push(complaint));
      const unexpected = complaints.filter((text) => !tolerated.some((known) => known.test(text)));
      expect(unexpected).toEqual([]);
    },
    { auto: true },
  ],
});

/** What axe looks for by default, and targets that are too small to hit, which it does not. */
export function axe(page: Page): AxeBuilder {
  // Of a page without frames, the result needs no page of its own, and of what is right, no selectors.
  return new AxeBuilder({ page })
    .setLegacyMode()
    .options({ resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } });
}

export const PASSWORD = 'correct horse battery';

/**
 * What a page may still have asked for, with its old tokens, after its session was ended and before it was told. An unknown
 * refresh token is a 400 (OAuth).
 */
export const SESSION_ENDED = /401 .*\/(users|api)|400 .*\/users\/token/;

export function newEmail(): string {
  return `${crypto.randomUUID()}@example.com`;
}

export async function signUp(page: Page, email = newEmail()): Promise<string> {
  await page.goto('/sign-up');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Confirm password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('heading', { name: 'Send a text, see it arrive' })).toBeVisible();
  return email;
}

export async function signIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.goto('/sign-in');
  await fillSignIn(page, email, password);
}

/** On the sign-in page. */
export async function fillSignIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export async function signOut(page: Page): Promise<void> {
  await askToSignOut(page);
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
}

/** A user with unsent text. */
export async function signOutAndDelete(page: Page): Promise<void> {
  await askToSignOut(page);
  await page.getByRole('button', { name: 'Sign out and delete' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
}

export async function askToSignOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
}

/** A new user, created through the API. */
export async function newPerson(request: APIRequestContext, at = ''): Promise<Person> {
  const email = newEmail();
  const user = { email, password: PASSWORD, password_confirmation: PASSWORD };
  const signedUp = await request.post(`${at}/users`, { data: { user } });
  const { access_token } = (await signedUp.json()) as { access_token: string };
  return {
    email,
    call: async (number, name) => {
      const answer = await request.put(`${at}/api/contacts/${encodeURIComponent(number)}`, {
        headers: { Authorization: `Bearer ${access_token}` },
        data: { contact: { name } },
      });
      expect(answer.status()).toBe(200);
    },
    mute: async (number, isMuted) => {
      const answer = await request.fetch(
        `${at}/api/conversations/${encodeURIComponent(number)}/muted`,
        {
          method: isMuted ? 'PUT' : 'DELETE',
          headers: { Authorization: `Bearer ${access_token}` },
        },
      );
      expect(answer.status()).toBe(204);
    },
    write: async (recipient_number, content) => {
      const answer = await request.post(`${at}/api/messages`, {
        headers: { Authorization: `Bearer ${access_token}` },
        data: { message: { recipient_number, content } },
      });
      expect([201, 202, 422]).toContain(answer.status());
    },
  };
}

/** Switches on a fault of the simulated provider, for one number that no other test uses. */
export async function setFault(
  request: APIRequestContext,
  fault: Readonly<Record<string, unknown>>,
  simulator = process.env['E2E_SIMULATOR_URL'] ?? '',
): Promise<void> {
  const answer = await request.post(`${simulator}/_control/faults`, { data: fault });
  expect(answer.ok()).toBe(true);
}

let numbers = 0;

/** A number that no other test uses. */
export function newNumber(): string {
  numbers += 1;
  const worker = process.env['TEST_WORKER_INDEX'] ?? '0';
  return `+4930${worker.padStart(3, '0')}${String(numbers).padStart(4, '0')}`;
}

/** Signs in and opens the messages. */
export async function enter(page: Page, { email }: Person): Promise<void> {
  await signIn(page, email);
  const history = page.getByRole('heading', { name: /^Message History/ });
  // On a phone, the only heading of somebody without messages.
  const welcome = page.getByRole('heading', { name: 'Send a text, see it arrive' });
  await expect(history.or(welcome).first()).toBeVisible();
}

export async function openThread(page: Page, number: string): Promise<void> {
  await page.goto(`/messages/${encodeURIComponent(number)}`);
  await expect(page.getByRole('log')).toBeVisible();
}

/** The conversations. */
export function list(page: Page): Locator {
  return page.getByRole('navigation', { name: 'Conversations' });
}

/** The conversation whose row has this text. */
export function row(page: Page, text: string): Locator {
  return list(page).getByRole('listitem').filter({ hasText: text });
}

/** The form of a new message, which a user without messages has to open. */
export async function openNew(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'New message', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'New message' })).toBeVisible();
}

/** As the service worker does, which most tests do without. */
export async function announceVersion(page: Page): Promise<void> {
  await expect(page.locator('app-update-notice')).toBeAttached();
  await page.evaluate(() => {
    const data = { type: 'VERSION_READY' };
    navigator.serviceWorker.dispatchEvent(new MessageEvent('message', { data }));
  });
  await expect(page.getByRole('button', { name: 'Later' })).toBeVisible();
}

/** Likewise, when another app shares a text: the next page load takes it. */
export async function shareText(page: Page, text: string): Promise<void> {
  await page.evaluate(async (text) => {
    const cache = await caches.open('mysms.shared-text');
    await cache.put(`/share?at=${Date.now()}`, new Response(text));
  }, text);
}

/** As when another tab comes to the front: a headless browser never hides a page. */
export async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    const state = hidden ? 'hidden' : 'visible';
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}

export function composer(page: Page) {
  return page.getByRole('textbox', { name: 'Message' });
}

export async function sendNew(page: Page, number: string, text: string): Promise<void> {
  await page.getByLabel('Phone number').fill(number);
  // Before the first message, there is only this field.
  const start = page.getByRole('button', { name: 'Start writing' });
  if (await start.isVisible()) await start.click();
  await page.getByRole('textbox', { name: 'Message' }).fill(text);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
}

/** One message of the open conversation. */
export function bubble(page: Page, text: string | RegExp) {
  return page.getByRole('log').getByRole('article').filter({ hasText: text });
}

/** From the menu of the message. */
export async function openDetails(page: Page, message: Locator): Promise<Locator> {
  await message.getByRole('button', { name: /^Actions on/ }).click();
  await page.getByRole('menuitem', { name: 'Details' }).click();
  return page.getByRole('dialog', { name: 'Message details' });
}

/** As far up as the conversation is loaded: near there, it loads what is before. */
export async function scrollToOldest(page: Page): Promise<void> {
  await page.getByRole('log').evaluate((log) => {
    log.scrollTop = -log.scrollHeight;
  });
}

/** One message of the open conversation that the API has stored. */
export function storedBubble(page: Page, text: string) {
  return page.locator('app-message-bubble').filter({ hasText: text });
}

export async function openSettings(
  page: Page,
  place: 'Account' | 'Security' | 'Notifications' | 'Help',
): Promise<void> {
  const linkIn = (navigation: string, name: string) =>
    page.getByRole('navigation', { name: navigation }).getByRole('link', { name });
  await linkIn('Main', 'Settings').click();
  await linkIn('Settings', place).click();
  await expect(page.getByRole('heading', { name: place, exact: true })).toBeVisible();
}

/** As on the page for security. */
export async function beginPasswordChange(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Change password…' }).click();
}

export function storedRefreshToken(page: Page): Promise<string | undefined> {
  return page.evaluate(() => {
    const session = localStorage.getItem('mysms.session');
    return session ? (JSON.parse(session) as { refreshToken: string }).refreshToken : undefined;
  });
}

/** From the next load on: returns the paths that were shown, and whether the sign-in page was. */
export async function watchForSignInPage(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const seen = new Set<string>();
    Object.assign(window, { seen });
    new MutationObserver(() => {
      seen.add(location.pathname);
      if (document.querySelector('app-sign-in-page')) seen.add('the page to sign in');
    }).observe(document, { childList: true, subtree: true });
  });
  return () => page.evaluate(() => [...(window as unknown as { seen: Set<string> }).seen]);
}

/** Messages that come into sight are laid out only then, which can move the target out of sight again. */
export async function scrollTo(target: Locator): Promise<void> {
  await expect(async () => {
    await target.scrollIntoViewIfNeeded();
    await target.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
    await expect(target).toBeInViewport({ ratio: 1, timeout: 100 });
  }).toPass();
}

/** The worker is registered once the page has nothing else to do, and first stores every file of the app. */
const WORKER_WITHIN_MS = 60_000;

/** Until the service worker controls the page. */
export async function waitForWorker(page: Page): Promise<void> {
  const isControlled = await page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    while (active && active.state !== 'activated') {
      await new Promise((resolve) => {
        active.addEventListener('statechange', resolve, { once: true });
      });
    }
    return navigator.serviceWorker.controller !== null;
  });
  // A page that had begun to load when the worker took over those that were there is not among them; the next one is.
  if (!isControlled) await page.reload();
  const state = () => page.evaluate(() => navigator.serviceWorker.controller?.state);
  await expect.poll(state, { timeout: WORKER_WITHIN_MS }).toBe('activated');
}

/** As the clipboard of a browser that asks for no permission. */
export function pasteText(field: Locator, text: string): Promise<void> {
  return field.evaluate((element, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', text);
    element.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
    );
  }, text);
}
