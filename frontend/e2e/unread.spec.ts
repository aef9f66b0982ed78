import { Page } from '@playwright/test';
import {
  bubble,
  enter,
  expect,
  newNumber,
  newPerson,
  openThread,
  scrollToOldest,
  setHidden,
  test,
} from './fixtures';

const READ = 'Messages · MySMS Messenger';

function unread(count: number): string {
  return `(${count}) ${READ}`;
}

/** The only conversation, in the list. */
function row(page: Page) {
  return page.getByRole('navigation', { name: 'Conversations' }).locator('.conversation-row');
}

function place(page: Page) {
  return page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Messages' });
}

async function expectUnread(page: Page, count: number): Promise<void> {
  const icon = count > 0 ? '/favicon-unread.svg' : '/favicon.svg';
  await expect(page.locator('link[rel=icon]')).toHaveAttribute('href', icon);
  await expect(page).toHaveTitle(count > 0 ? unread(count) : READ);
  const text = `${count} unread message${count === 1 ? '' : 's'}`;
  if (count > 0) await expect(place(page)).toContainText(text);
  else await expect(place(page)).toHaveText('Messages');
}

test('what comes in is unread in every tab and on the phone, until one of them shows it', async ({
  page,
  context,
  browser,
  request,
  phone,
}) => {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Are you in?');
  await enter(page, person);
  const tab = await context.newPage();
  await tab.goto('/messages');
  const pocket = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const small = await pocket.newPage();
  await enter(small, person);
  const all = [page, tab, small];
  for (const each of all) await expectUnread(each, 0);

  await phone.write(number, 'Just back');
  await phone.write(number, 'Come over');
  for (const each of all) {
    await expectUnread(each, 2);
    await expect(row(each)).toContainText('2 unread messages');
    await expect(row(each)).toContainText('Come over');
  }
  await page.reload();
  await expect(row(page)).toContainText('2 unread messages');
  await expectUnread(page, 2);

  await row(small).click();
  await expect(bubble(small, 'Come over')).toBeVisible();
  for (const each of [page, tab]) {
    await expectUnread(each, 0);
    await expect(row(each)).not.toContainText('unread');
  }
  await expect(small).toHaveTitle(READ);
  await small.reload();
  await expect(bubble(small, 'Come over')).toBeVisible();
  await expect(small).toHaveTitle(READ);

  // It is on the phone's screen when it comes in.
  await phone.write(number, 'And bring some bread');
  await expect(bubble(small, 'And bring some bread')).toBeVisible();
  for (const each of [page, tab]) {
    await expect(row(each)).toContainText('And bring some bread');
    await expectUnread(each, 0);
  }
  await pocket.close();
});

test('a hidden tab counts what comes in, and reads it only once it is shown', async ({
  page,
  context,
  request,
  phone,
}) => {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Are you in?');
  await page.clock.install();
  await enter(page, person);
  await openThread(page, number);
  await expect(bubble(page, 'Are you in?')).toBeVisible();
  const tab = await context.newPage();
  await tab.goto('/log');
  await expect(tab).toHaveTitle('Message log · MySMS Messenger');

  await setHidden(page, true);
  await phone.write(number, 'Just back');
  await expect(tab).toHaveTitle('(1) Message log · MySMS Messenger');
  await page.clock.fastForward(76_000);
  await expect(bubble(page, 'Just back')).toBeAttached();
  await expect(page).toHaveTitle(unread(1));
  await tab.getByRole('link', { name: 'Settings' }).click();
  await expect(tab).toHaveTitle('(1) Account · MySMS Messenger');

  await setHidden(page, false);
  await expect(page).toHaveTitle(READ);
  await expect(tab).toHaveTitle('Account · MySMS Messenger');
});

test('who reads further up has not read what comes in below', async ({ page, request, phone }) => {
  const person = await newPerson(request);
  const number = newNumber();
  const lines = Array.from({ length: 30 }, (_, line) => `Line ${line + 1}`).join('\n');
  for (const part of ['one', 'two', 'three']) await person.write(number, `Part ${part}\n${lines}`);
  await enter(page, person);
  await openThread(page, number);
  await expect(bubble(page, 'Part three')).toBeVisible();
  await scrollToOldest(page);
  await expect(bubble(page, 'Part one')).toBeInViewport();

  await phone.write(number, 'That is a lot');
  await expect(page).toHaveTitle(unread(1));
  const jump = page.getByRole('button', { name: '1 new message' });
  await expect(jump).toBeVisible();
  await expect(row(page)).toContainText('1 unread message');
  await jump.click();
  await expect(page).toHaveTitle(READ);
  await expect(row(page)).not.toContainText('unread');
});

test('what is read without a connection is marked when it is back', async ({
  page,
  context,
  request,
  phone,
  tolerate,
}) => {
  tolerate(/Failed to load resource/);
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Are you in?');
  await enter(page, person);
  await openThread(page, number);
  await page.goto('/messages');
  const tab = await context.newPage();
  await tab.goto('/log');
  await phone.write(number, 'Just back');
  await expect(row(page)).toContainText('1 unread message');
  await page.route('**/api/conversations/**', (route) => route.fulfill({ status: 503, json: {} }));
  await row(page).click();
  await expect(bubble(page, 'Just back')).toBeVisible();
  // It has been shown, whatever the API knows.
  await expect(page).toHaveTitle(READ);
  await expect(tab).toHaveTitle('(1) Message log · MySMS Messenger');
  await page.unroute('**/api/conversations/**');
  await expect(tab).toHaveTitle('Message log · MySMS Messenger', { timeout: 45_000 });
  await expect(page).toHaveTitle(READ);
});

test('a message is marked as unread from its menu, and read when its conversation is opened', async ({
  page,
  context,
  request,
  phone,
}) => {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Are you in?');
  await phone.write(number, 'Just back');
  await phone.write(number, 'Come over');
  await enter(page, person);
  await openThread(page, number);
  const begin = page.getByRole('log').getByRole('heading', { name: 'New messages' });
  await expect(begin).toBeVisible();
  const [line, first, second] = await Promise.all(
    [begin, bubble(page, 'Just back'), bubble(page, 'Come over')].map((each) => each.boundingBox()),
  );
  expect(line?.y).toBeLessThan(first?.y ?? 0);
  expect(first?.y).toBeLessThan(second?.y ?? 0);
  await expect(page).toHaveTitle(READ);
  await expect(begin).toBeVisible();
  const tab = await context.newPage();
  await tab.goto('/log');
  await expect(tab).toHaveTitle('Message log · MySMS Messenger');

  await bubble(page, 'Just back')
    .getByRole('button', { name: /^Actions on/ })
    .click();
  await page.getByRole('menuitem', { name: 'Mark as unread' }).click();
  await expect(page).toHaveURL('/messages');
  await expectUnread(page, 1);
  await expect(tab).toHaveTitle('(1) Message log · MySMS Messenger');
  await row(page).click();
  await expectUnread(page, 0);
  await expect(tab).toHaveTitle('Message log · MySMS Messenger');
  await expect(begin).toBeVisible();

  await bubble(page, 'Are you in?')
    .getByRole('button', { name: /^Actions on/ })
    .click();
  await expect(page.getByRole('menuitem', { name: 'Details' })).toBeVisible();
  await expect(page.getByRole('menuitem', { name: 'Mark as unread' })).toHaveCount(0);
});
