import { Locator, Page } from '@playwright/test';
import { PASSWORD, bubble, composer, expect, fillSignIn, openDetails, test } from './fixtures';
import { EMAIL, GeneratedApi, HEBREW, PEER, aMessage, generateApi } from './generated-api';

const SPACED = '  two  spaces\t\ttwo tabs\n\n three lines down  ';
const MARKUP = `<b>bold</b> <img src="x" onerror="broken = 1"><script>broken = 1</script> &lt; {{ 7 * 7 }} javascript:0`;

async function enter(page: Page, messages: number, contents: readonly string[] = []) {
  const api = await generateApi(page, { conversations: Math.min(messages, 1), messages, contents });
  await page.goto('/sign-in');
  await fillSignIn(page, EMAIL, PASSWORD);
  await expect(page.getByRole('heading', { name: /^Message History/ })).toBeVisible();
  await page.goto(`/messages/${PEER}`);
  await expect(page.locator('app-message-bubble')).toHaveCount(Math.min(messages, 50));
  return api;
}

function directionOf(locator: Locator): Promise<string> {
  return locator.evaluate((element) => getComputedStyle(element).direction);
}

test('texts run in the direction of their script everywhere', async ({ page }) => {
  await enter(page, 2, [HEBREW, 'Left to right']);
  const written = page.getByText(HEBREW);
  const preview = page.locator('.conversation-row').getByText(HEBREW);
  expect(await directionOf(bubble(page, HEBREW).getByText(HEBREW))).toBe('rtl');
  expect(await directionOf(bubble(page, 'Left to right').getByText('Left'))).toBe('ltr');
  expect(await directionOf(preview)).toBe('rtl');
  await composer(page).fill(HEBREW);
  expect(await directionOf(composer(page))).toBe('rtl');
  await composer(page).fill('Left');
  expect(await directionOf(composer(page))).toBe('ltr');

  await page.getByRole('searchbox').fill('השולחן');
  expect(await directionOf(page.getByRole('searchbox'))).toBe('rtl');
  const found = page.getByRole('region', { name: 'Search results' });
  await expect(found.locator('mark')).toHaveText('השולחן');
  expect(await directionOf(found.locator('.conversation-row__preview').first())).toBe('rtl');
  await page.goto(`/messages/${PEER}?details=${'0'.padStart(24, '0')}`);
  const dialog = page.getByRole('dialog', { name: 'Message details' });
  expect(await directionOf(dialog.locator(written))).toBe('rtl');

  // A number runs from the left, even between texts that do not.
  await page.evaluate(() => (document.documentElement.dir = 'rtl'));
  for (const number of [dialog, page.locator('.pane-header'), page.locator('.conversation-row')]) {
    expect(await directionOf(number.getByText('+1 415 555 2671').first())).toBe('ltr');
  }
});

test('each paragraph of a text has the direction of its own script', async ({ page }) => {
  await enter(page, 1, [`${HEBREW}\nand this in English, which is rather longer than that`]);
  const [hebrew, english] = await bubble(page, HEBREW)
    .locator('.message-bubble__content > span')
    .last()
    .evaluate((element) => {
      const text = element.firstChild as Text;
      const line = text.data.indexOf('\n');
      const box = element.getBoundingClientRect();
      return [
        [0, line],
        [line + 1, text.length],
      ].map(([from = 0, to = 0]) => {
        const range = document.createRange();
        range.setStart(text, from);
        range.setEnd(text, to);
        const { left, right } = range.getBoundingClientRect();
        return { left: left - box.left, right: box.right - right };
      });
    });
  expect(hebrew?.right).toBeLessThan(1);
  expect(hebrew?.left).toBeGreaterThan(20);
  expect(english?.left).toBeLessThan(1);
});

test('every space, tab and line of a text is shown', async ({ page }) => {
  await enter(page, 2, [SPACED, 'one\n']);
  const textOf = (text: string) =>
    bubble(page, text).locator('.message-bubble__content > span').last();
  const shown = textOf('two tabs');
  for (const locator of [
    shown,
    page.getByRole('dialog').locator('.message-details__text > span'),
  ]) {
    if (locator !== shown) await page.goto(`/messages/${PEER}?details=${'0'.padStart(24, '0')}`);
    expect(await locator.evaluate((element: HTMLElement) => element.innerText)).toBe(SPACED);
    expect(await locator.evaluate((element) => element.textContent)).toBe(SPACED);
  }
  // An empty line is a line.
  const heightOf = async (text: string) => (await textOf(text).boundingBox())?.height ?? 0;
  expect(await heightOf('one')).toBeCloseTo(((await heightOf('two tabs')) / 3) * 2, 0);
});

test('markup in a text is text', async ({ page }) => {
  await enter(page, 1, [MARKUP]);
  await page.getByRole('searchbox').fill('bold');
  await page.goto(`/messages/${PEER}?details=${'0'.padStart(24, '0')}`);
  const dialog = page.getByRole('dialog', { name: 'Message details' });
  const parts = [
    bubble(page, 'bold').locator('.message-bubble__content > span').last(),
    page.locator('.conversation-row__preview').first(),
    dialog.locator('.message-details__text > span'),
  ];
  for (const part of parts)
    expect(await part.evaluate((element) => element.textContent)).toContain(MARKUP);
  await expect(
    page.locator('app-root').locator('script, img:not(.logo), iframe, b:text("bold")'),
  ).toHaveCount(0);
  expect(await page.evaluate(() => 'broken' in window)).toBe(false);
});

for (const [locale, isTwelve] of [
  ['en-US', true],
  ['en-GB', false],
] as const) {
  test.describe(locale, () => {
    test.use({ locale });

    test('times have one format', async ({ page }) => {
      await enter(page, 1, ['Hello']);
      const dialog = await openDetails(page, bubble(page, 'Hello'));
      await expect(dialog).toContainText('Written');
      const locators = [
        page.locator('.conversation-row__time'),
        bubble(page, 'Hello').locator('time').last(),
        dialog.locator('time').first(),
        dialog.getByText(/20\d\d/).first(),
      ];
      for (const locator of locators) {
        const said = await locator.textContent();
        expect(said).toMatch(/\d:\d\d/);
        expect(/[AP]M/i.test(said ?? ''), said ?? '').toBe(isTwelve);
      }
    });
  });
}

test('the count matches the messages shown', async ({ page }) => {
  const api = await enter(page, 1, ['The only one']);
  // Stored between loading the messages and counting them.
  api.total = 2;
  await page.reload();
  await expect(page.locator('app-message-bubble')).toHaveCount(1);
  await expect(page.locator('.pane-header')).toContainText('1 message');
  await expect(page.locator('.pane-header')).not.toContainText('messages');
});

test('skeletons have the size of what they stand for', async ({ page }) => {
  // What is cached would be shown at once.
  await page.addInitScript(() => {
    Object.defineProperty(window, 'indexedDB', { value: undefined });
  });
  const api = await enter(page, 12);
  let release = (): void => undefined;
  api.held = new Promise((resolve) => (release = resolve));
  await page.reload();
  const bones = page.locator('.skeleton--bubbles .skeleton__part').last();
  const rowBones = page.locator('.skeleton--rows .skeleton__part').first();
  const loading = [await edges(bones), await edges(rowBones)];
  release();
  const texts = page
    .locator('.message-bubble:not(.message-bubble--inbound) .message-bubble__content')
    .last();
  expect(loading[0]?.right).toBeCloseTo((await edges(texts)).right, 0);
  const row = await edges(page.locator('.conversation-row').first());
  expect(loading[1]?.left).toBeCloseTo(row.left, 0);
});

/** Replaces each text by an element, as Chrome's translation does. Returns how many it has replaced. */
function translate(page: Page, also: 'what is not to be translated' | 'only the rest') {
  return page.evaluate((also) => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts: Text[] = [];
    while (walker.nextNode()) texts.push(walker.currentNode as Text);
    for (const text of texts) {
      const parent = text.parentElement;
      const isKept = also === 'only the rest' && parent?.closest('[translate=no]');
      if (!parent || isKept || text.data.trim() === '') continue;
      if (parent.closest('textarea, script, noscript, font')) continue;
      const outer = document.createElement('FONT');
      outer.append(document.createElement('FONT'));
      outer.firstElementChild?.append(text.data.replace(/\p{L}/gu, 'ж'));
      text.replaceWith(outer);
    }
  }, also);
}

test('on a translated page, changes are still shown', async ({ page }) => {
  const api = await enter(page, 2, ['Hello', 'Before']);
  await translate(page, 'what is not to be translated');
  await expect(bubble(page, 'жжжжж').first()).toBeVisible();
  await page.locator('textarea').fill('x'.repeat(156));
  await expect(page.locator('.composer__counter')).toContainText('4 left in this segment');
  applyChange(api, { status: 'sending' });
  await expect(bubble(page, 'Sending')).toHaveCount(1);
  await translate(page, 'what is not to be translated');
  applyChange(api, { status: 'undelivered' });
  await expect(bubble(page, 'Not delivered')).toHaveCount(1);
  await expect(page.locator('.conversation-row')).toContainText('Not delivered');
  await expect(bubble(page, 'Sending')).toHaveCount(0);
});

test('statuses, times and numbers are not translated, other texts are', async ({ page }) => {
  await enter(page, 2, ['Hello', 'Before']);
  await translate(page, 'only the rest');
  await expect(page.locator('.message-bubble__content > span').last()).toHaveText('жжжжж');
  await expect(bubble(page, 'жжжжж').last().locator('.message-bubble__meta')).toContainText(
    'Delivered',
  );
  await expect(page.locator('.message-bubble__meta time').last()).toContainText(/\d:\d\d/);
  await expect(page.locator('.pane-header h1')).toHaveText('+1 415 555 2671');
  await expect(page.locator('.pane-header p')).toHaveText('2 messages');
  await page.locator('textarea').fill('x'.repeat(156));
  await expect(page.locator('.composer__counter')).toContainText('4 left in this segment');
  await expect(page.locator('.composer__from')).toContainText('From +');
  await expect(page.locator('.conversation-list__footer')).toContainText('Message History');
  await expect(page.getByRole('status')).toHaveText('Up to date');
});

let changes = 0;

/** What the next poll brings of the newest message. */
function applyChange(api: GeneratedApi, change: Readonly<Record<string, unknown>>): void {
  changes += 1;
  const updated_at = new Date(Date.now() + changes * 1_000).toISOString();
  api.changed = [{ ...aMessage(0, api, PEER), ...change, updated_at }];
}

async function edges(locator: Locator): Promise<{ left: number; right: number }> {
  const box = await locator.boundingBox();
  return { left: box?.x ?? 0, right: (box?.x ?? 0) + (box?.width ?? 0) };
}
