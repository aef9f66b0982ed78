import { readFile } from 'node:fs/promises';
import { Page } from '@playwright/test';
import type { Message } from '../src/app/api/models';
import { PASSWORD, axe, enter, expect, fillSignIn, newPerson, scrollTo, test } from './fixtures';
import { EMAIL, FAILED, PEER, aMessage, generateApi } from './generated-api';

const INVALID = '+1 500 555 0001';

function now(): Pick<Message, 'created_at' | 'updated_at'> {
  const at = new Date().toISOString();
  return { created_at: at, updated_at: at };
}

function scrollToEnd(page: Page): Promise<void> {
  return page.locator('app-message-log-page').evaluate((scroller) => {
    scroller.scrollTop = scroller.scrollHeight;
  });
}

const row = (page: Page, text: string) => page.locator('app-log-row').filter({ hasText: text });
const filter = (page: Page, name: string) => page.getByRole('combobox', { name });
const details = (page: Page) => page.getByRole('dialog', { name: 'Message details' });

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

test('numbers are written as in their country', async ({ page, request }) => {
  const ada = await newPerson(request);
  await ada.write('+442079460958', 'Hello');
  await enter(page, ada);
  await page.goto('/log');
  await expect(row(page, 'Hello')).toContainText('+44 20 7946 0958');
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
  await page.getByRole('button', { name: /^Clear \d+ filters?$/ }).click();
  await expect(page).toHaveURL('/log');
  await expect(page.getByLabel('Search the log')).toBeFocused();
  await expect(page.locator('app-log-row')).toHaveCount(2);
});

test('a person is filtered by with a name', async ({ page, request, phone }) => {
  const ada = await newPerson(request);
  await ada.write(phone.unhurried, 'To Grace');
  await ada.write(INVALID, 'To nobody');
  await ada.call(phone.unhurried, 'Grace Hopper');
  await enter(page, ada);
  await page.goto('/log');
  await expect(row(page, 'To Grace')).toContainText('Grace Hopper');
  const person = page.getByLabel('Name or number');
  await person.pressSequentially('hop');
  await expect(page.locator('#log-people option')).toHaveAttribute('label', 'Grace Hopper');
  await person.press('Enter');
  await expect(page).toHaveURL(/\/log\?number=/);
  await expect(person).toHaveValue(phone.unhurried.replaceAll(' ', ''));
  await expect(page.locator('app-log-row')).toHaveCount(1);
  const { violations } = await axe(page).analyze();
  expect(violations).toEqual([]);
});

test('a row opens the details of its message, beside its conversation', async ({
  page,
  request,
  phone,
}) => {
  const ada = await newPerson(request);
  await ada.write(phone.unhurried, 'Look here');
  await enter(page, ada);
  await page.goto('/log?status=waiting');
  const link = row(page, 'Look here').getByRole('link');
  await expect(link).toHaveAccessibleName(/^Open the details of the message with /);
  await link.focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/messages\/%2B15005551002/);
  await expect(page.getByRole('log')).toContainText('Look here');
  await expect(details(page)).toContainText('Look here');
  await page.goBack();
  await expect(page).toHaveURL('/log?status=waiting');
  await expect(row(page, 'Look here')).toBeVisible();
});

test('Back from a message finds the log as it was left, with what has come meanwhile', async ({
  page,
}) => {
  const api = await generateApi(page, { conversations: 12, messages: 2_000 });
  await page.goto('/sign-in');
  await fillSignIn(page, EMAIL, PASSWORD);
  const log = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Log' });
  await log.click();
  const rows = page.locator('app-log-row');
  for (const count of [100, 200, 300]) {
    await expect(rows).toHaveCount(count);
    if (count < 300) await scrollToEnd(page);
  }
  const opened = rows.nth(240).getByRole('link');
  await scrollTo(opened);
  const before = await opened.boundingBox();
  const name = await opened.getAttribute('aria-label');
  await opened.click();
  await expect(page.getByRole('log')).toBeVisible();

  api.changed = [{ ...aMessage(0, api, PEER), _id: 'f'.repeat(24), ...now() }];
  const polled = page.waitForResponse(/\/api\/messages\/changes\?/);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await polled;
  await page.goBack();
  await expect(page).toHaveURL('/log');
  await expect(rows).toHaveCount(301);
  const focused = page.locator('.log-row__link:focus');
  await expect(focused).toHaveAttribute('aria-label', name ?? '');
  await expect.poll(async () => (await focused.boundingBox())?.y).toBeCloseTo(before?.y ?? NaN, 0);

  // The place in the menu is the newest messages.
  await page.getByRole('link', { name: 'Messages' }).click();
  await log.click();
  await expect(rows).toHaveCount(100);
  await expect(rows.first()).toBeInViewport();
});

test('the export has the filters of the page', async ({ page, request, phone }) => {
  const ada = await newPerson(request);
  await ada.write(phone.unhurried, '=1+1');
  await ada.write(INVALID, 'Not in the file');
  await ada.call(phone.unhurried, 'Grace Hopper');
  await enter(page, ada);
  await page.goto('/log?status=waiting');
  await expect(page.locator('app-log-row')).toHaveCount(1);
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export CSV' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('messages.csv');
  const file = await readFile(await download.path(), 'utf8');
  expect(file.startsWith('\uFEFF"created_at",')).toBe(true);
  expect(file).toContain(`"+15005551002","Grace Hopper","'=1+1",`);
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
  phone: { width: 390, height: 844 },
  desktop: { width: 1280, height: 800 },
})) {
  test.describe(size, () => {
    test.use({ viewport });

    test('from the details of a message, Back leads to the log', async ({ page, request }) => {
      const ada = await newPerson(request);
      await ada.write(INVALID, 'To nobody');
      await enter(page, ada);
      await page.goto('/log');
      await row(page, 'To nobody').getByRole('link').click();
      await expect(details(page)).toContainText('21211');
      await page.goBack();
      await expect(page).toHaveURL('/log');
      await expect(row(page, 'To nobody').getByRole('link')).toBeFocused();

      // Those who close them see the conversation.
      await page.keyboard.press('Enter');
      await expect(details(page)).toBeVisible();
      await page.keyboard.press('Escape');
      await expect(details(page)).toBeHidden();
      await expect(page.getByRole('log')).toContainText('To nobody');
      await page.goBack();
      await expect(page).toHaveURL('/log');
    });

    test('a long code breaks between its words, and takes no room from the number', async ({
      page,
    }) => {
      const failed = { ...FAILED, error_code: 'recipient_opted_out' } as const;
      await generateApi(page, { conversations: 1, messages: 1, contents: [failed] });
      await page.goto('/log');
      await fillSignIn(page, EMAIL, PASSWORD);
      await expect(page.locator('.log-row__code').last()).toHaveText('recipient_opted_out');
      const words = page.locator('.log-row__code span');
      const lines = await words.evaluateAll((all) =>
        all.map((word) => word.getClientRects().length),
      );
      expect(lines).toEqual([1, 1, 1]);
      const cut = await page
        .locator('.log-row__link')
        .evaluate((link) => link.scrollWidth - link.clientWidth);
      expect(cut).toBe(0);
    });

    test('thousands of messages can be scrolled', async ({ page }) => {
      await generateApi(page, { conversations: 12, messages: 20_000 });
      await page.goto('/sign-in');
      await fillSignIn(page, EMAIL, PASSWORD);
      await page
        .getByRole('navigation', { name: 'Main' })
        .getByRole('link', { name: 'Log' })
        .click();
      const rows = page.locator('app-log-row');
      for (const count of [100, 200, 300, 400]) {
        await expect(rows.nth(count - 1)).toBeAttached();
        await scrollToEnd(page);
      }
    });
  });
}
