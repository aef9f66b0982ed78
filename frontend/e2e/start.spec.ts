import { Locator, Page } from '@playwright/test';
import { enter, expect, newNumber, newPerson, test } from './fixtures';

const PHONE = { width: 412, height: 823 };

/** Holds the main script back until the result is called; what is requested meanwhile is in the set. */
async function holdMain(page: Page): Promise<{ asked: Set<string>; release: () => void }> {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const asked = new Set<string>();
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (/\.(js|css)$/.test(pathname)) asked.add(pathname);
  });
  await page.route(/\/main-[\w-]+\.js$/, async (route) => {
    await held;
    await route.continue();
  });
  return { asked, release };
}

/** Names without their hashes. */
function namesOf(paths: Iterable<string>): string[] {
  return [...paths].map((path) => path.replace(/^\/|-[\w-]{8}(?=\.\w+$)/g, '')).sort();
}

/** The files that the page has once it is shown. Others come later and sometimes meanwhile. */
async function loadedWith(page: Page, shown: Locator): Promise<string[]> {
  await expect(shown).toBeVisible();
  const paths = await page.evaluate(() =>
    performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname),
  );
  return paths.filter(
    (path) =>
      /\.(js|css)$/.test(path) && !/\/(phone-number-rules|dist|register-worker)-/.test(path),
  );
}

const FOR_ALL = ['main.js', 'start.js', 'styles.css'];
const GUEST = ['account.css', 'guest-shared.js', 'sign-in.routes.js', ...FOR_ALL].sort();
const SIGNED_IN = [
  'guest-shared.js',
  'layout.css',
  'messenger.css',
  'messenger.routes.js',
  'signed-in-shared.js',
  'signed-in.js',
  ...FOR_ALL,
].sort();

test('the files of the sign-in page are few, and are all asked for before the main script runs', async ({
  page,
}) => {
  const { asked, release } = await holdMain(page);
  await page.goto('/messages', { waitUntil: 'commit' });
  await expect.poll(() => namesOf(asked)).toEqual(GUEST);
  release();
  const heading = page.getByRole('heading', { name: 'Sign in' });
  expect(namesOf(new Set(await loadedWith(page, heading)))).toEqual(GUEST);
});

test('the files of the messages page are few, and are all asked for before the main script runs', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  await person.write(newNumber(), 'For the first page');
  await enter(page, person);
  await page.goto('about:blank');
  const { asked, release } = await holdMain(page);
  await page.goto('/messages', { waitUntil: 'commit' });
  await expect.poll(() => namesOf(asked)).toEqual(SIGNED_IN);
  release();
  const row = page.locator('.conversation-row').first();
  expect(namesOf(new Set(await loadedWith(page, row)))).toEqual(SIGNED_IN);
});

test.describe('on a phone', () => {
  test.use({ viewport: PHONE, hasTouch: true, isMobile: true });

  /** Checks that this is painted before the main script runs, and that the page's own part then stands in its place. */
  async function expectInPlace(
    page: Page,
    address: string,
    shell: string,
    parts: readonly (readonly [text: string, part: Locator])[],
  ): Promise<void> {
    await page.addInitScript(() => {
      const shifts: number[] = [];
      Object.assign(window, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries())
          shifts.push((entry as unknown as { value: number }).value);
      }).observe({ type: 'layout-shift', buffered: true });
    });
    const { release } = await holdMain(page);
    await page.goto(address, { waitUntil: 'commit' });
    const before = [];
    for (const [text] of parts) {
      const early = page.locator(shell).getByText(text, { exact: true });
      await expect(early).toBeVisible();
      before.push(await placeOf(early));
    }
    await expect
      .poll(() => page.evaluate(() => performance.getEntriesByType('paint').length))
      .toBe(2);
    release();
    const after = [];
    for (const [, part] of parts) {
      await expect(part).toBeVisible();
      after.push(await placeOf(part));
    }
    expect(after).toEqual(before);
    await expect(page.locator('.shell')).toHaveCount(0);
    const shifts = await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts);
    expect(shifts.reduce((sum, shift) => sum + shift, 0)).toBe(0);
  }

  /** Where the text stands, and how it looks. */
  function placeOf(part: Locator): Promise<unknown> {
    return part.evaluate((element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      const { x, y, width, height } = range.getBoundingClientRect();
      const { color, fontSize, fontWeight, letterSpacing } = getComputedStyle(element);
      const text = element.textContent.trim();
      return { x, y, width, height, text, color, fontSize, fontWeight, letterSpacing };
    });
  }

  test('the sign-in page has its heading before any script has run', async ({ page }) => {
    await expectInPlace(page, '/sign-in', '.shell--sign-in', [
      ['MySMS Messenger', page.locator('.auth-card .brand')],
      ['Sign in', page.getByRole('heading', { name: 'Sign in' })],
      ['Read your texts, and send new ones.', page.locator('#auth-card-intro')],
    ]);
  });

  test('the messages page has its heading before any script has run', async ({ page, request }) => {
    const person = await newPerson(request);
    await person.write(newNumber(), 'For the first page');
    await enter(page, person);
    await page.goto('about:blank');
    await expectInPlace(page, '/messages', '.shell--messages', [
      ['Messages', page.getByRole('heading', { name: 'Messages', exact: true })],
    ]);
  });

  for (const [who, addresses] of [
    ['a guest', ['/sign-up', '/forgot-password', '/no-such-page', '/messages-of-mine']],
    ['somebody signed in', ['/sign-in', '/log', '/settings', '/messages/new']],
  ] as const) {
    test(`no other page of ${who} begins with a heading`, async ({ page, request }) => {
      if (who !== 'a guest') await enter(page, await newPerson(request));
      await holdMain(page);
      for (const address of addresses) {
        await page.goto(address, { waitUntil: 'commit' });
        await page.locator('.shell').first().waitFor({ state: 'attached' });
        await expect(page.locator('.shell:visible')).toHaveCount(0);
      }
    });
  }
});

test('a wide page begins without a heading', async ({ page }) => {
  const { release } = await holdMain(page);
  await page.goto('/sign-in', { waitUntil: 'commit' });
  await page.locator('.shell').first().waitFor({ state: 'attached' });
  await expect(page.locator('.shell:visible')).toHaveCount(0);
  release();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});
