import { Page } from '@playwright/test';
import {
  axe,
  bubble,
  composer,
  enter,
  expect,
  newNumber,
  newPerson,
  openNew,
  openThread,
  signOut,
  signUp,
  test,
} from './fixtures';

// The page has its headers of production, and any complaint of the browser about them fails the test.

const picker = (page: Page) => page.getByRole('dialog', { name: 'Emoji' });
const button = (page: Page) => page.getByRole('button', { name: 'Emoji', exact: true });
const search = (page: Page) => page.getByRole('searchbox', { name: 'Search emoji' });

test('an emoji goes in where the caret is, by keyboard alone, and can be undone', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  const data: string[] = [];
  page.on('request', (sent) => {
    if (sent.url().includes('/emoji/')) data.push(new URL(sent.url()).pathname);
  });
  await enter(page, person);
  await openThread(page, newNumber());
  await expect(page.getByRole('button', { name: 'Add pictures' })).toBeVisible();
  await composer(page).fill('See you at six, Ada');
  await composer(page).evaluate((field: HTMLTextAreaElement) => {
    field.setSelectionRange('See you at six'.length, 'See you at six'.length);
  });
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(button(page)).toBeFocused();
  expect(data).toEqual([]);

  await page.keyboard.press('Enter');
  await expect(search(page)).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(picker(page)).toHaveCount(0);
  await expect(button(page)).toBeFocused();

  await page.keyboard.press('Enter');
  await expect(search(page)).toBeFocused();
  await page.keyboard.type('thumb');
  await expect(page.getByRole('option', { name: 'thumbs up' })).toBeVisible();
  await expect(picker(page).getByRole('status')).toHaveText(/^\d+ emoji found\.$/);
  await page.keyboard.press('Enter');
  await expect(picker(page)).toHaveCount(0);
  await expect(composer(page)).toBeFocused();
  await expect(composer(page)).toHaveValue('See you at six👍, Ada');
  await expect(composer(page)).toHaveAccessibleDescription(/because of six👍/);
  expect(data).toEqual(['/emoji/en.json']);

  // The caret is after it.
  await page.keyboard.type('!');
  await expect(composer(page)).toHaveValue('See you at six👍!, Ada');
  await page.keyboard.press('ControlOrMeta+z');
  await page.keyboard.press('ControlOrMeta+z');
  await expect(composer(page)).toHaveValue('See you at six, Ada');
  await page.keyboard.press('ControlOrMeta+Shift+z');
  await expect(composer(page)).toHaveValue('See you at six👍, Ada');
  await page.keyboard.press('Enter');
  await expect(bubble(page, 'See you at six👍, Ada')).toBeVisible();
});

test('arrows lead through the grid, and to the search and back', async ({ page }) => {
  await signUp(page);
  await openNew(page);
  await composer(page).focus();
  await button(page).click();
  await expect(search(page)).toBeFocused();
  const smileys = page.getByRole('listbox', { name: 'Smileys and emotion' });
  await expect(smileys.getByRole('option').first()).toBeVisible();
  const columns = await smileys.evaluate(
    (grid) => getComputedStyle(grid).gridTemplateColumns.split(' ').length,
  );
  await page.keyboard.press('ArrowDown');
  await expect(smileys.getByRole('option').first()).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(smileys.getByRole('option').nth(1)).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(smileys.getByRole('option').nth(1 + columns)).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await expect(search(page)).toBeFocused();
  // One stop of the Tab key for all of them.
  await page.keyboard.press('ArrowDown');
  await expect(smileys.getByRole('option').nth(1)).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Tab');
  await expect(smileys.getByRole('option').nth(1)).toBeFocused();
  // A letter is looked for.
  await page.keyboard.type('zzzz');
  await expect(search(page)).toHaveValue('zzzz');
  await expect(picker(page).getByRole('status')).toHaveText(/No emoji for “.zzzz.”\./);

  await picker(page).getByRole('button', { name: 'Flags' }).click();
  await expect(search(page)).toHaveValue('');
  await expect(page.getByRole('option', { name: 'flag: Switzerland' })).toBeInViewport();
  await page.getByRole('option', { name: 'flag: Switzerland' }).click();
  await expect(composer(page)).toBeFocused();
  await expect(composer(page)).toHaveValue('🇨🇭');

  // A press beside it closes it, and the focus is back where it was.
  await button(page).click();
  await expect(search(page)).toBeFocused();
  await page.mouse.click(5, 5);
  await expect(picker(page)).toHaveCount(0);
  await expect(composer(page)).toBeFocused();
});

test('those used last come first, for this user until the sign-out', async ({ page, request }) => {
  const person = await newPerson(request);
  await enter(page, person);
  await openThread(page, newNumber());
  for (const name of ['red heart', 'thumbs up']) {
    await button(page).click();
    await expect(search(page)).toBeFocused();
    await page.keyboard.type(name);
    await page.getByRole('option', { name, exact: true }).click();
  }
  await composer(page).press('Enter');
  await expect(composer(page)).toHaveValue('');
  await page.reload();
  // Signing out asks about a message that is not sent yet.
  await expect(page.getByRole('log')).toContainText('Delivered');
  await button(page).click();
  const recent = page.getByRole('listbox', { name: 'Recently used' });
  await expect(recent.getByRole('option')).toHaveText(['👍', '❤️']);
  await page.keyboard.press('Escape');
  await signOut(page);
  const kept = await page.evaluate(() => Object.keys(localStorage));
  expect(kept.filter((key) => key.includes('emoji'))).toEqual([]);
  await enter(page, person);
  await openThread(page, newNumber());
  await button(page).click();
  await expect(page.getByRole('listbox', { name: 'Smileys and emotion' })).toBeVisible();
  await expect(recent).toHaveCount(0);
});

test('where the emoji cannot be loaded, that is said, and can be tried again', async ({
  page,
  tolerate,
}) => {
  tolerate(/503 .*\/emoji\//);
  await signUp(page);
  await openNew(page);
  await page.route('**/emoji/*', (route) => route.fulfill({ status: 503 }));
  await button(page).click();
  await expect(picker(page).getByRole('alert')).toContainText('cannot be loaded');
  await page.unroute('**/emoji/*');
  await picker(page).getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('option', { name: 'grinning face', exact: true })).toBeVisible();
});

for (const [variant, options] of Object.entries({
  light: { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 320, height: 640 } },
  'forced colours': {
    colorScheme: 'dark',
    viewport: { width: 844, height: 390 },
    contextOptions: { forcedColors: 'active', reducedMotion: 'reduce' },
  },
} as const)) {
  test.describe(variant, () => {
    test.use(options);

    test('the picker is within the window, and axe finds nothing', async ({ page }) => {
      // axe looks at 1,900 emoji, twice.
      test.slow();
      await signUp(page);
      await openThread(page, newNumber());
      await button(page).click();
      await expect(page.getByRole('option', { name: 'grinning face', exact: true })).toBeVisible();
      await page.evaluate(() =>
        Promise.all(document.getAnimations().map(({ finished }) => finished)),
      );
      const box = await picker(page).boundingBox();
      if (!box) throw new Error('The picker is not shown');
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.y).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(options.viewport.width);
      expect(box.y + box.height).toBeLessThanOrEqual(options.viewport.height);
      const tooWide = await picker(page)
        .locator('*')
        .evaluateAll((parts) =>
          parts
            .filter((part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 1)
            .map((part) => part.outerHTML.slice(0, 80)),
        );
      expect(tooWide).toEqual([]);
      expect((await axe(page).analyze()).violations).toEqual([]);
      await page.keyboard.type('cat');
      await expect(page.getByRole('option', { name: 'cat', exact: true })).toBeVisible();
      expect((await axe(page).analyze()).violations).toEqual([]);
    });
  });
}

test.describe('on a tablet', () => {
  test.use({ viewport: { width: 1024, height: 768 }, hasTouch: true, isMobile: true });

  test('fingers hit, and no keyboard opens over the emoji', async ({ page }) => {
    await signUp(page);
    await openNew(page);
    await button(page).tap();
    const first = page.getByRole('option').first();
    await expect(first).toBeVisible();
    await expect(picker(page).getByRole('button', { name: 'Close' })).toBeFocused();
    for (const target of [
      first,
      picker(page).getByRole('button', { name: 'Close' }),
      button(page),
    ]) {
      const box = await target.boundingBox();
      expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(43.9);
    }
    await first.tap();
    await expect(composer(page)).toHaveValue('😀');
  });
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });

  test('the row belongs to the text: its keyboard has emoji', async ({ page }) => {
    await signUp(page);
    await openThread(page, newNumber());
    await expect(composer(page)).toBeVisible();
    await expect(button(page)).toBeHidden();
  });
});
