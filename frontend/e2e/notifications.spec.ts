import { Page } from '@playwright/test';
import {
  bubble,
  composer,
  enter,
  expect,
  newNumber,
  newPerson,
  openSettings,
  openThread,
  setHidden,
  signOut,
  test as base,
  waitForWorker,
} from './fixtures';
import { Site, serveSpa } from './sites';

interface Shown {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
  readonly isOpen: boolean;
}

/** Longer than an event and the poll that it causes need. */
const A_WHILE_MS = 3_000;
const NOTIFICATION = { name: 'New messages' };

/** Keeps the notifications of each page, which only the page itself knows. */
const test = base.extend<{ watched: undefined }>({
  watched: [
    async ({ context }, use) => {
      await context.addInitScript(() => {
        const shown: { notification: Notification; isOpen: boolean }[] = [];
        Object.assign(window, { shown });
        window.Notification = class extends Notification {
          constructor(title: string, options?: NotificationOptions) {
            super(title, options);
            const entry = { notification: this as Notification, isOpen: true };
            shown.push(entry);
            this.addEventListener('close', () => {
              entry.isOpen = false;
            });
          }
        };
      });
      await use(undefined);
    },
    { auto: true },
  ],
});

function shownBy(page: Page): Promise<Shown[]> {
  return page.evaluate(() =>
    (window as unknown as { shown: { notification: Notification; isOpen: boolean }[] }).shown.map(
      ({ notification: { title, body, tag }, isOpen }) => ({ title, body, tag, isOpen }),
    ),
  );
}

async function bodiesOf(page: Page): Promise<string[]> {
  return (await shownBy(page)).map(({ body }) => body);
}

async function turnOn(page: Page): Promise<void> {
  await openSettings(page, 'Notifications');
  await page.getByRole('switch', NOTIFICATION).check();
  await expect(page.getByText('You are notified of new messages while')).toBeVisible();
  // One of the browser's tabs has loaded what tells.
  const isElected = () =>
    page.evaluate(async () => {
      const { held = [] } = await navigator.locks.query();
      return held.some(({ name }) => name === 'mysms.notifying-tab');
    });
  await expect.poll(isElected).toBe(true);
}

test('a hidden page tells of what comes in, without its text, and a click opens the conversation', async ({
  context,
  page,
  request,
  phone,
}) => {
  await context.grantPermissions(['notifications']);
  const person = await newPerson(request);
  const [number, other] = [newNumber(), newNumber()];
  await person.write(number, 'Table for four at seven?');
  await person.write(other, 'And you?');
  await enter(page, person);
  await phone.write(number, 'Before anybody asked for notifications');
  await expect(page.getByRole('link', { name: /Before anybody/ })).toBeVisible();
  await turnOn(page);
  await phone.write(number, 'While somebody is looking');
  await page.getByRole('link', { name: 'Messages' }).click();
  await expect(page.getByRole('link', { name: /While somebody/ })).toBeVisible();
  expect(await shownBy(page)).toEqual([]);

  await setHidden(page, true);
  await phone.write(number, 'Seven is fine');
  await expect.poll(() => bodiesOf(page), { timeout: 5_000 }).toEqual(['New message']);
  await phone.write(number, 'Or half past');
  await expect.poll(() => bodiesOf(page)).toEqual(['New message', '2 new messages']);
  await phone.write(other, 'Me, too');
  await expect.poll(() => bodiesOf(page)).toHaveLength(3);
  const shown = await shownBy(page);
  expect(shown.map(({ tag }) => tag)).toEqual([shown[0]?.tag, shown[0]?.tag, expect.anything()]);
  expect(shown[2]?.tag).not.toBe(shown[0]?.tag);
  expect(shown[0]?.title.replaceAll(/\D/g, '')).toBe(number.slice(1));

  await page.evaluate(() => {
    const { shown } = window as unknown as { shown: { notification: Notification }[] };
    shown[1]?.notification.dispatchEvent(new Event('click'));
  });
  await expect(page).toHaveURL(`/messages/${encodeURIComponent(number)}`);
  await setHidden(page, false);
  await expect(bubble(page, 'Or half past')).toBeVisible();
  await expect.poll(async () => (await shownBy(page)).filter(({ isOpen }) => isOpen)).toEqual([]);

  await setHidden(page, true);
  await page.reload();
  await expect(bubble(page, 'Or half past')).toBeVisible();
  await page.waitForTimeout(A_WHILE_MS);
  expect(await shownBy(page)).toEqual([]);
});

test('a muted conversation tells of nothing, and takes back what was told', async ({
  context,
  page,
  request,
  phone,
}) => {
  await context.grantPermissions(['notifications']);
  const person = await newPerson(request);
  const [number, other] = [newNumber(), newNumber()];
  await person.write(number, 'Table for four at seven?');
  await person.write(other, 'And you?');
  await enter(page, person);
  await turnOn(page);
  await setHidden(page, true);
  await phone.write(number, 'Seven is fine');
  await expect.poll(() => bodiesOf(page)).toEqual(['New message']);
  await person.mute(number, true);
  await expect.poll(async () => (await shownBy(page)).map(({ isOpen }) => isOpen)).toEqual([false]);
  await phone.write(number, 'Or half past');
  await phone.write(other, 'Me, too');
  await expect.poll(() => bodiesOf(page)).toHaveLength(2);
  await page.waitForTimeout(A_WHILE_MS);
  const [first, ...later] = await shownBy(page);
  expect(later.map(({ tag }) => tag === first?.tag)).toEqual([false]);
  await person.mute(number, false);
  await phone.write(number, 'So?');
  await expect.poll(async () => (await shownBy(page)).at(-1)?.tag).toBe(first?.tag);
});

test('the text is shown if that is chosen, and nothing once notifications are off', async ({
  context,
  page,
  request,
  phone,
}) => {
  await context.grantPermissions(['notifications']);
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Table for four at seven?');
  await enter(page, person);
  await turnOn(page);
  await page.getByRole('switch', { name: 'Show the text' }).check();
  await page.getByRole('switch', { name: 'Sound' }).uncheck();
  await page.reload();
  await expect(page.getByRole('switch', { name: 'Show the text' })).toBeChecked();
  await expect(page.getByRole('switch', { name: 'Sound' })).not.toBeChecked();
  await setHidden(page, true);
  await phone.write(number, 'Seven is fine');
  await expect.poll(() => bodiesOf(page)).toEqual(['Seven is fine']);

  await setHidden(page, false);
  await page.getByRole('switch', NOTIFICATION).uncheck();
  await expect(page.getByText('You are not notified of new messages.')).toBeVisible();
  await setHidden(page, true);
  await phone.write(number, 'Nobody is told of this');
  await page.waitForTimeout(A_WHILE_MS);
  await setHidden(page, false);
  await page.getByRole('link', { name: 'Messages' }).click();
  await expect(page.getByRole('link', { name: /Nobody is told/ })).toBeVisible();
  expect(await bodiesOf(page)).toEqual(['Seven is fine']);
});

test('of two tabs one tells, none if the other one is visible, and none once the user is gone', async ({
  context,
  page,
  request,
  phone,
}) => {
  await context.grantPermissions(['notifications']);
  const person = await newPerson(request);
  const [number, other] = [newNumber(), newNumber()];
  await person.write(number, 'Table for four at seven?');
  await person.write(other, 'And you?');
  await enter(page, person);
  await turnOn(page);
  const tab = await context.newPage();
  await openThread(tab, number);
  const bodies = async () => [...(await bodiesOf(page)), ...(await bodiesOf(tab))];

  await setHidden(page, true);
  await phone.write(number, 'Seen in the other tab');
  await expect(bubble(tab, 'Seen in the other tab')).toBeVisible();
  await tab.waitForTimeout(A_WHILE_MS);
  expect(await bodies()).toEqual([]);

  await setHidden(tab, true);
  await phone.write(number, 'Seen by nobody');
  await expect.poll(bodies).toEqual(['New message']);
  await tab.waitForTimeout(A_WHILE_MS);
  expect(await bodies()).toEqual(['New message']);

  // The other one takes over. A hidden tab that does not tell may not have asked yet for what has been told.
  await page.close();
  await phone.write(other, 'In the tab that is left');
  const told = async () => (await shownBy(tab)).map(({ tag }) => tag);
  await expect.poll(told).toContain(`mysms.conversation.${other}`);
  await setHidden(tab, false);
  await signOut(tab);
  await setHidden(tab, true);
  const before = await told();
  await phone.write(other, 'For nobody');
  await tab.waitForTimeout(A_WHILE_MS);
  expect((await shownBy(tab)).filter(({ isOpen }) => isOpen)).toEqual([]);
  expect(await told()).toEqual(before);

  await setHidden(tab, false);
  await enter(tab, await newPerson(request));
  await openSettings(tab, 'Notifications');
  await expect(tab.getByRole('switch', NOTIFICATION)).not.toBeChecked();
});

test('a browser that does not allow notifications is explained', async ({
  context,
  page,
  request,
}) => {
  await enter(page, await newPerson(request));
  await openSettings(page, 'Notifications');
  const told = page.getByRole('switch', NOTIFICATION);
  await expect(page.getByText('Your browser will ask for your permission.')).toBeVisible();
  // A headless browser answers for its user: no.
  await told.click();
  await expect(page.getByText('Your browser does not allow it.')).toBeVisible();
  await expect(told).toBeDisabled();
  await expect(told).not.toBeChecked();

  await context.grantPermissions(['notifications']);
  await expect(told).toBeEnabled();
  await context.clearPermissions();
});

const installedTest = test.extend<{ site: Site }>({
  site: async ({}, use) => {
    const site = await serveSpa({ API_PROXY_URL: process.env['E2E_BASE_URL'] ?? '' });
    await use(site);
    site.close();
  },
  baseURL: async ({ site }, use) => {
    await use(`http://127.0.0.1:${String(site.port)}`);
  },
  serviceWorkers: 'allow',
});

installedTest(
  'the service worker shows notifications, and opens the conversation in the tab that is there',
  async ({ context, page, request, phone }) => {
    await context.grantPermissions(['notifications']);
    const person = await newPerson(request);
    const number = newNumber();
    await person.write(number, 'Table for four at seven?');
    await enter(page, person);
    const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
    await waitForWorker(page);
    await turnOn(page);
    await setHidden(page, true);
    await phone.write(number, 'Seven is fine');
    const shown = () =>
      page.evaluate(async () => {
        const registration = await navigator.serviceWorker.ready;
        return (await registration.getNotifications()).map(({ body }) => body);
      });
    await expect.poll(shown).toEqual(['New message']);
    await phone.write(number, 'Or half past');
    await expect.poll(shown).toEqual(['2 new messages']);
    expect(await shownBy(page)).toEqual([]);

    let loads = 0;
    page.on('load', () => (loads += 1));
    await worker.evaluate(async () => {
      const scope = globalThis as unknown as {
        registration: ServiceWorkerRegistration;
        NotificationEvent: new (type: string, init: object) => Event;
      };
      const [notification] = await scope.registration.getNotifications();
      dispatchEvent(new scope.NotificationEvent('notificationclick', { notification }));
    });
    await expect(page).toHaveURL(`/messages/${encodeURIComponent(number)}`);
    await expect.poll(shown).toEqual([]);
    expect(loads).toBe(0);
  },
);

installedTest('a notification has a button to reply', async ({ context, page, request, phone }) => {
  await context.grantPermissions(['notifications']);
  const person = await newPerson(request);
  const [number, other] = [newNumber(), newNumber()];
  await person.write(number, 'Table for four at seven?');
  await person.write(other, 'And you?');
  await enter(page, person);
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
  await waitForWorker(page);
  await turnOn(page);
  await openThread(page, other);
  await page.getByRole('log').focus();
  await setHidden(page, true);
  await phone.write(number, 'Seven is fine');
  const reply = () =>
    worker.evaluate(async () => {
      const scope = globalThis as unknown as {
        registration: ServiceWorkerRegistration;
        NotificationEvent: new (type: string, init: object) => Event;
      };
      const [notification] = await scope.registration.getNotifications();
      const { actions = [] } = (notification ?? {}) as { actions?: { title: string }[] };
      if (notification) {
        dispatchEvent(
          new scope.NotificationEvent('notificationclick', { notification, action: 'reply' }),
        );
      }
      return actions.map(({ title }) => title);
    });
  await expect.poll(reply).toEqual(['Reply']);
  await expect(page).toHaveURL(`/messages/${encodeURIComponent(number)}`);
  await expect(composer(page)).toBeFocused();
});

installedTest(
  'a push is shown by the service worker, unless somebody is looking or a tab has told of it',
  async ({ context, page, request }) => {
    await context.grantPermissions(['notifications']);
    await enter(page, await newPerson(request));
    const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
    await waitForWorker(page);
    const push = (id: string, body = 'New message') =>
      worker.evaluate(
        ({ id, body }) => {
          const scope = globalThis as unknown as {
            PushEvent: new (type: string, init: object) => Event;
          };
          const data = { url: '/messages/%2B14155552671', ids: [id] };
          const notification = {
            title: '+1 415-555-2671',
            body,
            tag: 'mysms.conversation.x',
            data,
          };
          dispatchEvent(new scope.PushEvent('push', { data: JSON.stringify({ notification }) }));
        },
        { id, body },
      );
    const shown = () =>
      page.evaluate(async () => {
        const registration = await navigator.serviceWorker.ready;
        const notifications = await registration.getNotifications();
        return notifications.map((notification) => {
          const { actions } = notification as unknown as { actions: { title: string }[] };
          const { ids } = notification.data as { ids: string[] };
          return [notification.body, ...actions.map(({ title }) => title), ...ids];
        });
      });

    // A headless browser never hides a page: another site, then, in the only tab.
    await push('seen');
    await page.waitForTimeout(A_WHILE_MS);
    expect(await shown()).toEqual([]);
    await page.goto('about:blank');
    await push('first');
    await push('second', 'Seven is fine');
    await push('second', 'Again');
    await page.waitForTimeout(A_WHILE_MS);
    await page.goto('/messages');
    await expect.poll(shown).toEqual([['Seven is fine', 'Reply', 'first', 'second']]);
  },
);
