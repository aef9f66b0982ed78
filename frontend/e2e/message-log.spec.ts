import { readFile } from 'node:fs/promises';
import AxeBuilder from '@axe-core/playwright';
import { Page } from '@playwright/test';
import { PASSWORD, enter, expect, fillSignIn, newPerson, test } from './fixtures';
import { EMAIL, generateApi } from './generated-api';

const INVALID = '+1 500 555 0001';

const row = (page: Page, text: string) => page.locator('app-log-row').filter({ hasText: text });
const filter = (page: Page, name: string) => page.getByRole('combobox', { name });

test('every message with its status, which updates by itself', async ({ page, request, phone }) => {
  const ada = await newPerson(request);
  // Reports go to each message with this text, whoever has sent it.
  const text = `On its way ${crypto.randomUUID()}`;
  await ada.write(phone.unhurried, text);
  await ada.write(INVALID, 'To nobody');
  await enter(page, ada);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Log' }).click();
  await expect(page).toHaveURL('/log');
  await expect(page).toHaveTitle('Message log · MySMS Messenger');
  await expect(page.getByRole('heading', { name: 'Message log' })).toBeVisible();
  await expect(page.locator('app-log-row')).toHaveCount(2);
  await expect(page.getByText('2 messages', { exact: true })).toBeVisible();
  await expect(row(page, 'To nobody')).toContainText('Not sent');
  await expect(row(page, 'To nobody')).toContainText('21211');
  await expect(page.getByRole('rowheader').first()).toHaveText('Today');

  await phone.report(text, 'delivered');
  await expect(row(page, text)).toContainText('Delivered');
  await ada.write(phone.unhurried, 'Just written');
  await expect(page.locator('app-log-row').first()).toContainText('Just written');
});

test('filters are kept in the address, and Back takes one away', async ({
  page,
  request,
  phone,
}) => {
  const ada = await newPerson(request);
  await ada.write(phone.unhurried, 'A table for four');
  await ada.write(INVALID, 'A table for nobody');
  await enter(page, ada);
  await page.goto('/log');
  await filter(page, 'Status').selectOption('Failed');
  await expect(page).toHaveURL('/log?status=failed');
  await expect(page.locator('app-log-row')).toHaveCount(1);
  await filter(page, 'Time').selectOption('Last 7 days');
  await page.getByLabel('Error code').fill('21211');
  await page.getByLabel('Error code').press('Enter');
  await expect(page).toHaveURL('/log?period=week&status=failed&code=21211');
  await page.reload();
  await expect(row(page, 'A table for nobody')).toBeVisible();
  await expect(page.getByText('1 message', { exact: true })).toBeVisible();
  await expect(filter(page, 'Status')).toHaveValue('failed');

  await page.goBack();
  await expect(page.getByLabel('Error code')).toHaveValue('');
  await page.getByLabel('Search the log').fill('four');
  await page.getByLabel('Search the log').press('Enter');
  await expect(page.getByRole('heading', { name: 'No messages match' })).toBeVisible();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect(page).toHaveURL('/log');
  await expect(page.getByLabel('Search the log')).toBeFocused();
  await expect(page.locator('app-log-row')).toHaveCount(2);
});

test('a row opens its conversation at the message', async ({ page, request, phone }) => {
  const ada = await newPerson(request);
  await ada.write(phone.unhurried, 'Look here');
  await enter(page, ada);
  await page.goto('/log?status=waiting');
  await row(page, 'Look here').getByRole('link').focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/messages\/%2B15005551002/);
  await page.goBack();
  await expect(page).toHaveURL('/log?status=waiting');
  await expect(row(page, 'Look here')).toBeVisible();
});

test('the export has the filters of the page', async ({ page, request, phone }) => {
  const ada = await newPerson(request);
  await ada.write(phone.unhurried, '=1+1');
  await ada.write(INVALID, 'Not in the file');
  await enter(page, ada);
  await page.goto('/log?status=waiting');
  await expect(page.locator('app-log-row')).toHaveCount(1);
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export CSV' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('messages.csv');
  const file = await readFile(await download.path(), 'utf8');
  expect(file.startsWith('\uFEFF"created_at",')).toBe(true);
  expect(file).toContain(`"+15005551002","'=1+1",`);
  expect(file).not.toContain('Not in the file');
  await expect(page.getByText('Exported.')).toBeVisible();
});

test('a failing API is told of, and asked again', async ({ page, request, tolerate }) => {
  tolerate(/503/);
  await enter(page, await newPerson(request));
  let fails = true;
  await page.route(/\/api\/messages\?.*limit=100/, (route) =>
    fails ? route.fulfill({ status: 503, json: {} }) : route.fallback(),
  );
  await page.goto('/log');
  await expect(page.getByRole('alert')).toBeVisible();
  fails = false;
  // The page may have asked again by itself, and then the button is gone.
  const again = page.getByRole('button', { name: 'Try again' });
  await again.click({ timeout: 2_000 }).catch(() => undefined);
  await expect(page.getByRole('heading', { name: 'No messages yet' })).toBeVisible();
});

for (const [size, viewport] of Object.entries({
  phone: { width: 360, height: 780 },
  tablet: { width: 768, height: 1024 },
  desktop: { width: 1280, height: 800 },
  wide: { width: 1920, height: 1080 },
})) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${size}, ${colorScheme}`, () => {
      test.use({ viewport, colorScheme });

      test('thousands of messages of any kind fit and can be scrolled', async ({ page }) => {
        await generateApi(page, { conversations: 12, messages: 20_000 });
        await page.goto('/sign-in');
        await fillSignIn(page, EMAIL, PASSWORD);
        await page
          .getByRole('navigation', { name: 'Main' })
          .getByRole('link', { name: 'Log' })
          .click();
        const rows = page.locator('app-log-row');
        await expect.poll(() => rows.count()).toBeGreaterThanOrEqual(100);
        await page.screenshot({ path: `test-results/screenshots/log-${size}-${colorScheme}.png` });
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(
          violations.map(({ id, nodes }) => [id, nodes[0]?.target, nodes[0]?.failureSummary]),
        ).toEqual([]);
        await page.locator('app-message-log-page').evaluate((scroller) => {
          scroller.scrollTop = scroller.scrollHeight;
        });
        await expect.poll(() => rows.count()).toBeGreaterThanOrEqual(200);
        const overflow = await page.evaluate(() => {
          const scroller = document.querySelector('app-message-log-page');
          return (scroller?.scrollWidth ?? 0) - (scroller?.clientWidth ?? 0);
        });
        expect(overflow).toBe(0);
      });
    });
  }
}
