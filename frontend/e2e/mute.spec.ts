import { Locator, Page } from '@playwright/test';
import {
  bubble,
  composer,
  enter,
  expect,
  newNumber,
  newPerson,
  openThread,
  row,
  test,
} from './fixtures';

const PHONE = { viewport: { width: 390, height: 844 } };
const TITLE = 'Messages · MySMS Messenger';

async function expectUnread(page: Page, count: number): Promise<void> {
  await expect(page).toHaveTitle(count > 0 ? `(${count}) ${TITLE}` : TITLE);
  const icon = count > 0 ? '/favicon-unread.svg' : '/favicon.svg';
  await expect(page.locator('link[rel=icon]')).toHaveAttribute('href', icon);
}

function notice(page: Page): Locator {
  return page.locator('app-undo-notice');
}

test('what is muted in one tab is muted in all, and counts in its row alone', async ({
  page,
  context,
  browser,
  request,
  phone,
}) => {
  const person = await newPerson(request);
  const [ann, bob] = [newNumber(), newNumber()];
  await person.write(ann, 'Dear Ann');
  await person.write(bob, 'Dear Bob');
  await enter(page, person);
  const tab = await context.newPage();
  await tab.goto('/messages');
  const pocket = await browser.newContext(PHONE);
  const small = await pocket.newPage();
  await enter(small, person);
  const all = [page, tab, small];
  for (const each of all) await expect(row(each, 'Dear Ann')).toBeVisible();

  await row(page, 'Dear Ann').hover();
  await row(page, 'Dear Ann')
    .getByRole('button', { name: /^Actions on the conversation/ })
    .click();
  await page.getByRole('menuitem', { name: 'Mute notifications' }).click();
  await expect(notice(page)).toContainText('Conversation muted');
  for (const each of all) await expect(row(each, 'Dear Ann')).toContainText('Muted');

  await phone.write(ann, 'It is me');
  for (const each of all) {
    await expect(row(each, 'It is me')).toContainText('1 unread message');
    await expect(row(each, 'It is me')).toContainText('Muted');
    await expectUnread(each, 0);
  }
  await phone.write(bob, 'And me');
  for (const each of all) {
    await expect(row(each, 'And me')).toContainText('1 unread message');
    await expect(row(each, 'And me')).not.toContainText('Muted');
    await expectUnread(each, 1);
  }
  await tab.reload();
  await expect(row(tab, 'It is me')).toContainText('Muted');
  await expectUnread(tab, 1);

  await row(tab, 'It is me').hover();
  await row(tab, 'It is me')
    .getByRole('button', { name: /^Actions on the conversation/ })
    .click();
  await tab.getByRole('menuitem', { name: 'Unmute notifications' }).click();
  await expect(notice(tab)).toContainText('Conversation unmuted');
  for (const each of all) {
    await expect(row(each, 'It is me')).not.toContainText('Muted');
    await expectUnread(each, 2);
  }
  await pocket.close();
});

test('a key mutes the conversation of a row, or the open one, and another undoes it', async ({
  page,
  context,
  request,
}) => {
  const person = await newPerson(request);
  const [ann, bob] = [newNumber(), newNumber()];
  await person.write(ann, 'Dear Ann');
  await person.write(bob, 'Dear Bob');
  await enter(page, person);
  const tab = await context.newPage();
  await tab.goto('/messages');
  await row(page, 'Dear Bob').getByRole('link').focus();
  await page.keyboard.press('m');
  await expect(notice(page)).toContainText('Conversation muted');
  await expect(row(page, 'Dear Bob').getByRole('link')).toBeFocused();
  await expect(row(tab, 'Dear Bob')).toContainText('Muted');
  await page.keyboard.press('z');
  await expect(notice(page)).toHaveCount(0);
  await expect(row(page, 'Dear Bob').getByRole('link')).toBeFocused();
  await expect(row(tab, 'Dear Bob')).not.toContainText('Muted');

  await openThread(page, ann);
  await expect(bubble(page, 'Dear Ann')).toBeVisible();
  await page.getByRole('log').focus();
  await page.keyboard.press('m');
  const header = page.locator('app-thread .pane-header');
  await expect(header).toContainText('Muted');
  await expect(row(tab, 'Dear Ann')).toContainText('Muted');
  await page.keyboard.press('m');
  await expect(notice(page)).toContainText('Conversation unmuted');
  await expect(header).not.toContainText('Muted');
  await expect(row(tab, 'Dear Ann')).not.toContainText('Muted');
});

test('the notice leaves what is being written in sight, and stays in sight itself', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  const ann = newNumber();
  await person.write(ann, 'Dear Ann');
  await enter(page, person);
  for (const [width, height] of [
    [320, 640],
    [390, 844],
    [768, 1024],
    [1280, 800],
    // 400 % of a laptop.
    [320, 180],
  ] as const) {
    await page.setViewportSize({ width, height });
    await openThread(page, ann);
    await composer(page).fill('');
    await page.getByRole('log').focus();
    await page.keyboard.press('m');
    await expect(notice(page)).toBeVisible();
    for (const lines of [1, 12]) {
      await composer(page).fill('A line\n'.repeat(lines));
      await expect(async () => {
        const [shown, written] = await Promise.all([
          notice(page).boundingBox(),
          page.locator('.composer__writing').boundingBox(),
        ]);
        if (!shown || !written) throw new Error('Nothing is shown.');
        expect(shown.y).toBeGreaterThanOrEqual(0);
        expect(shown.x).toBeGreaterThanOrEqual(written.x);
        expect(shown.x + shown.width).toBeLessThanOrEqual(written.x + written.width);
        expect(shown.y + shown.height).toBeLessThanOrEqual(height > 200 ? written.y : height);
      }).toPass({ timeout: 2_000 });
    }
    if (width === 390) {
      // Where nothing is written, it is above the button for a new message.
      await page.getByRole('link', { name: 'Back' }).click();
      const button = page.getByRole('link', { name: 'New message' });
      await expect(button).toBeVisible();
      await expect(async () => {
        const [shown, below] = await Promise.all([
          notice(page).boundingBox(),
          button.boundingBox(),
        ]);
        if (!shown || !below) throw new Error('Nothing is shown.');
        expect(shown.y + shown.height).toBeLessThanOrEqual(below.y);
      }).toPass({ timeout: 2_000 });
    }
    await notice(page).getByRole('button', { name: 'Undo' }).click();
    await expect(notice(page)).toHaveCount(0);
  }
});
