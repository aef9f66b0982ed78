import { BrowserContext, Locator, Page, Route } from '@playwright/test';
import { storeMessages } from './bench/store-messages';
import {
  SESSION_ENDED,
  bubble,
  composer,
  enter,
  expect,
  fillSignIn,
  newNumber,
  newPerson,
  openSettings,
  openThread,
  PASSWORD,
  row,
  scrollTo,
  signOut,
  storedBubble,
  storedRefreshToken,
  test,
} from './fixtures';

const CACHE = 'mysms.cache';
const STALE = 'These messages may be out of date.';

/** Everything that the database has, as text; empty if there is no database. */
function cached(page: Page): Promise<string> {
  return page.evaluate(async (name) => {
    const databases = await indexedDB.databases();
    if (!databases.some((database) => database.name === name)) return '';
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => {
          resolve(request.result);
        };
        request.onerror = () => {
          reject(request.error ?? new Error());
        };
      });
    const opening = indexedDB.open(name);
    // It has been deleted meanwhile, and must not be created here.
    opening.onupgradeneeded = () => opening.transaction?.abort();
    const database = await done(opening).catch(() => undefined);
    if (!database) return '';
    const stores = [...database.objectStoreNames];
    const rows = await Promise.all(
      stores.map((store) => done(database.transaction(store).objectStore(store).getAll())),
    );
    database.close();
    return JSON.stringify(
      Object.fromEntries(stores.map((store, index) => [store, rows[index]])),
      (_, value: unknown): unknown => (value instanceof Map ? Object.fromEntries(value) : value),
    );
  }, CACHE);
}

/** Opens a new conversation of the signed-in user with this text, and returns its number once the text is cached. */
async function openCached(
  page: Page,
  person: Awaited<ReturnType<typeof newPerson>>,
  text: string,
): Promise<string> {
  const number = newNumber();
  await person.write(number, text);
  await openThread(page, number);
  await expect(storedBubble(page, text)).toContainText(/Queued|Sent|Delivered/);
  const thread = new RegExp(`"peer":"\\${number}","openedAt":\\d+,"thread":.*"${text}"`);
  await expect.poll(() => cached(page)).toMatch(thread);
  return number;
}

/** Holds the API's answers to this page, or to all of a context, until the result is called; all of them, or these. */
async function holdApi(
  where: Page | BrowserContext,
  which = /\/(api|users)\//,
): Promise<() => void> {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const wait = async (route: Route): Promise<void> => {
    await held;
    await route.continue();
  };
  await where.route(which, wait);
  return release;
}

/** Shows the page as narrow as phones are, and then as before. */
async function expectWholeOnPhones(page: Page, status: Locator): Promise<void> {
  const viewport = page.viewportSize();
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 640 });
    const hidden = await status.evaluate((text) => text.scrollHeight - text.clientHeight);
    expect(hidden).toBe(0);
    await expect(page.getByRole('button', { name: 'Try now' })).toBeInViewport({ ratio: 1 });
    await expect(composer(page)).toBeInViewport({ ratio: 1 });
  }
  if (viewport) await page.setViewportSize(viewport);
}

test.afterEach(({ page }) => page.unrouteAll({ behavior: 'ignoreErrors' }));

test('a reload shows the conversation before the API has answered, and then what it has answered', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  await enter(page, person);
  const number = await openCached(page, person, 'The first');
  const release = await holdApi(page);
  await page.reload();
  await expect(bubble(page, 'The first')).toBeVisible();
  await expect(page.getByRole('navigation').getByText('The first')).toBeVisible();
  await expect(page.getByRole('status')).toHaveText('Connecting…');
  for (const part of [page.locator('app-thread'), page.locator('app-conversation-list')]) {
    await expect(part.getByText(STALE)).toBeVisible();
    await expect(part.getByText(STALE)).toBeInViewport({ ratio: 1 });
  }

  await person.write(number, 'The second');
  const announced = await page.evaluateHandle(() => {
    const texts: string[] = [];
    for (const region of document.querySelectorAll('[aria-live="polite"]')) {
      new MutationObserver(() => texts.push(region.textContent)).observe(region, {
        childList: true,
      });
    }
    return texts;
  });
  const shown = await bubble(page, 'The first').evaluateHandle((element) => element);
  release();
  await expect(bubble(page, 'The second')).toBeVisible();
  await expect(page.getByRole('status')).toHaveText('Up to date');
  await expect(page.getByText(STALE)).toHaveCount(0);
  expect(await shown.evaluate((element) => element.isConnected)).toBe(true);
  expect((await announced.jsonValue()).join()).not.toMatch('The first');
});

test('a reload without the API still says what is unread', async ({
  page,
  request,
  phone,
  tolerate,
}) => {
  tolerate(/ERR_FAILED/);
  const person = await newPerson(request);
  await enter(page, person);
  const number = await openCached(page, person, 'Before');
  await page.goto('/messages');
  for (const answer of ['One answer', 'Another one']) await phone.write(number, answer);
  await expect(row(page, 'Another one')).toContainText('2 unread messages');
  await expect.poll(() => cached(page)).toContain(`"counts":{"${number}":2}`);
  await page.route(/\/(api|users)\//, (route) => route.abort());
  await page.reload();
  await expect(page.getByRole('status').first()).toContainText("Can't reach the server.");
  await expect(row(page, 'Another one')).toContainText('2 unread messages');
  await expect(page).toHaveTitle(/^\(2\)/);

  await page.unroute(/\/(api|users)\//);
  await row(page, 'Another one').click();
  await expect(bubble(page, 'Another one')).toBeVisible();
  await expect(row(page, 'Another one')).not.toContainText('unread');
});

test('what the API answers after a reload moves nothing that the user is reading', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  const [number, original] = [newNumber(), crypto.randomUUID()];
  await person.write(newNumber(), original);
  await storeMessages(process.env['E2E_MONGODB_URI'] ?? '', original, number, 50);
  await enter(page, person);
  await openThread(page, number);
  await expect(bubble(page, /^You wrote:50\./)).toBeVisible();
  await expect.poll(() => cached(page)).toContain('"50. ');
  const release = await holdApi(page);
  await page.reload();
  const read = bubble(page, /^You wrote:12\./);
  await scrollTo(read);
  const before = (await read.boundingBox())?.y ?? Number.NaN;
  // As many of the oldest are not among the newest 50 any more, until they are loaded because they are near.
  for (const text of ['A', 'B', 'C', 'D', 'E']) await person.write(number, `Later: ${text}`);
  release();
  await expect(bubble(page, 'Later: E')).toBeAttached();
  await expect(page.getByRole('status').first()).toHaveText('Up to date');
  expect(Math.abs(((await read.boundingBox())?.y ?? Number.NaN) - before)).toBeLessThan(3);
});

for (const [trouble, answer, words] of [
  ['cannot be reached', undefined, "Can't reach the server."],
  ['has problems', { status: 503, json: {} }, 'The server has a problem at the moment.'],
] as const) {
  test(`while the API ${trouble}, the conversations are shown, and what is written is sent later`, async ({
    page,
    request,
    phone,
    tolerate,
  }) => {
    tolerate(/Failed to load resource/);
    const person = await newPerson(request);
    const text = crypto.randomUUID();
    await enter(page, person);
    const number = await openCached(page, person, 'Before');
    const other = await openCached(page, person, 'Elsewhere');
    await page.route(/\/(api|users)\//, (route) =>
      answer ? route.fulfill(answer) : route.abort(),
    );
    await page.goto('about:blank');
    await page.goto(`/messages/${encodeURIComponent(other)}`);
    await expect(bubble(page, 'Elsewhere')).toBeVisible();
    const status = page.getByRole('status').first();
    await expect(status).toContainText('You stay signed in');
    await expect(status).toContainText(words);
    await expect(page.getByText('Up to date')).toHaveCount(0);
    await expect(page.getByText(STALE)).toBeVisible();
    await expectWholeOnPhones(page, status);
    await page.getByRole('navigation').getByText('Before').click();
    await expect(bubble(page, 'Before')).toBeVisible();
    await composer(page).fill(text);
    await composer(page).press('Enter');
    await expect(bubble(page, text)).toContainText(/Sending|Can't reach|problem/);
    await expect(bubble(page, text).locator('.tone-danger')).toHaveCount(0);

    await page.unroute(/\/(api|users)\//);
    await expect(storedBubble(page, text)).toContainText(/Queued|Sent|Delivered/);
    await expect(status).toHaveText('Up to date');
    await expect(page.getByText(STALE)).toHaveCount(0);
    await expect(page).toHaveURL(new RegExp(number.slice(1)));
    expect(await phone.received(text)).toBe(1);
  });
}

test('a conversation can be deleted once its row is current, in a menu that was open before, too', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  await enter(page, person);
  const number = await openCached(page, person, 'Old news');
  const url = page.url();
  await page.goto('about:blank');
  await person.write(number, 'The latest');
  const release = await holdApi(page, /\/api\/conversations\?/);
  await page.goto(url);
  // By then, the open conversation is current.
  await expect(bubble(page, 'The latest')).toBeVisible();
  const conversation = page.getByRole('navigation').getByRole('listitem');
  await conversation.hover();
  await conversation.getByRole('button', { name: /^Actions on the conversation/ }).click();
  await expect(page.getByRole('menuitem', { name: 'Mute notifications' })).toBeVisible();
  const remove = page.getByRole('menuitem', { name: 'Delete conversation…' });
  await expect(remove).toHaveCount(0);
  release();
  await expect(remove).toBeVisible();
});

test('signing out empties the database, in all tabs', async ({
  context,
  page,
  request,
  tolerate,
}) => {
  tolerate(SESSION_ENDED);
  const person = await newPerson(request);
  await enter(page, person);
  await openCached(page, person, 'For nobody else');
  const otherTab = await context.newPage();
  await otherTab.goto(page.url());
  await expect(bubble(otherTab, 'For nobody else')).toBeVisible();
  expect(await cached(page)).not.toContain((await storedRefreshToken(page)) ?? 'a token');
  // While both tabs are writing.
  await Promise.all([person.write(newNumber(), 'The last word'), signOut(otherTab)]);
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  for (const tab of [page, otherTab]) await expect.poll(() => cached(tab)).toBe('');

  await page.reload();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  expect(await cached(page)).toBe('');
});

test('deleting the account empties the database', async ({ page, request, tolerate }) => {
  tolerate(SESSION_ENDED);
  const person = await newPerson(request);
  await enter(page, person);
  await openCached(page, person, 'For nobody else');
  await openSettings(page, 'Account');
  const panel = page.getByRole('region', { name: 'Your data' });
  await panel.getByRole('button', { name: 'Delete account…' }).click();
  await panel.getByLabel('Your password, to confirm').fill(PASSWORD);
  await panel.getByRole('button', { name: 'Delete account and messages' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await expect.poll(() => cached(page)).toBe('');
});

test('another user sees nothing of the one before, even where nothing could be deleted', async ({
  context,
  page,
  request,
}) => {
  const [ada, grace] = [await newPerson(request), await newPerson(request)];
  await context.addInitScript(() => {
    IDBFactory.prototype.deleteDatabase = () => {
      throw new DOMException('Denied', 'SecurityError');
    };
  });
  await enter(page, ada);
  const number = await openCached(page, ada, 'For Ada alone');
  await signOut(page);
  expect(await cached(page)).toContain('For Ada alone');

  const seen = await page.evaluateHandle(() => {
    const texts: string[] = [];
    new MutationObserver(() => texts.push(document.body.textContent)).observe(document, {
      childList: true,
      subtree: true,
      characterData: true,
    });
    return texts;
  });
  await fillSignIn(page, grace.email);
  await expect(page.getByRole('heading', { name: 'Message History (0)' })).toBeVisible();
  expect((await seen.jsonValue()).join()).not.toContain('For Ada alone');
  await expect.poll(() => cached(page)).not.toContain('For Ada alone');
  const release = await holdApi(page);
  await page.goto(`/messages/${encodeURIComponent(number)}`);
  await expect(page.getByRole('status')).toHaveText('Connecting…');
  await expect(page.getByText('Loading messages…').first()).toBeVisible();
  await expect(page.getByText('For Ada alone')).toHaveCount(0);
  release();
});

test('a session that was ended elsewhere shows what is cached until the API says so, and then nothing', async ({
  page,
  request,
  tolerate,
}) => {
  tolerate(/400 .*\/users\/token/);
  const person = await newPerson(request);
  await enter(page, person);
  await openCached(page, person, 'For nobody else');
  const headers = { Authorization: `Bearer ${(await storedRefreshToken(page)) ?? ''}` };
  const release = await holdApi(page);
  await page.reload();
  await expect(bubble(page, 'For nobody else')).toBeVisible();
  expect((await request.delete('/users/sign_out', { headers })).status()).toBe(204);
  release();
  await expect(page.getByText('Your session was ended elsewhere.')).toBeVisible();
  await expect(page.getByText('For nobody else')).toHaveCount(0);
  await expect.poll(() => cached(page)).toBe('');
});

test('a text that was deleted leaves the cache, also of a conversation that is not open', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  await enter(page, person);
  await openCached(page, person, 'To be forgotten');
  await openCached(page, person, 'Something else');
  let isDeleted = false;
  await page.route(/\/api\/messages\/changes\?/, async (route) => {
    const response = await route.fetch({
      url: route
        .request()
        .url()
        .replace(/since=[^&]+/, 'since=0'),
      headers: { ...route.request().headers(), 'if-none-match': '' },
    });
    const rows = (await response.json()) as { content: string; updated_at: string }[];
    for (const row of rows) {
      if (row.content !== 'To be forgotten') continue;
      Object.assign(row, { content: '', updated_at: new Date().toISOString() });
      isDeleted = true;
    }
    await route.fulfill({ response, json: rows });
  });
  await page.reload();
  await expect.poll(() => isDeleted).toBe(true);
  await expect.poll(() => cached(page)).not.toContain('To be forgotten');
  expect(await cached(page)).toContain('Something else');
});

for (const [trouble, bringAbout] of Object.entries({
  forbidden: () => {
    Object.defineProperty(window, 'indexedDB', {
      get: () => {
        throw new DOMException('Access is denied for this document.', 'SecurityError');
      },
    });
  },
  broken: () => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('Internal error.', 'UnknownError');
    };
  },
  full: () => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
    };
  },
  silent: () => {
    IDBFactory.prototype.open = () => new EventTarget() as IDBOpenDBRequest;
  },
})) {
  test(`where IndexedDB is ${trouble}, everything works without a cache`, async ({
    context,
    page,
    request,
  }) => {
    await context.addInitScript(bringAbout);
    const person = await newPerson(request);
    const number = newNumber();
    await person.write(number, 'Hello there');
    await enter(page, person);
    await openThread(page, number);
    await page.reload();
    await expect(storedBubble(page, 'Hello there')).toContainText(/Queued|Sent|Delivered/);
    await expect(page.getByRole('status')).toHaveText('Up to date');
    await expect(page.getByRole('alert')).toHaveCount(0);
    await signOut(page);
  });
}
