import { Locator, Page } from '@playwright/test';
import {
  bubble,
  composer,
  enter,
  expect,
  newNumber,
  newPerson,
  list,
  openThread,
  row,
  test,
} from './fixtures';

const PHONE = { viewport: { width: 390, height: 844 } };

function archive(page: Page): Locator {
  return list(page).getByRole('link', { name: /^Archived/ });
}

function actions(page: Page): Locator {
  return page.getByRole('button', { name: 'More actions' });
}

async function choose(page: Page, name: 'Archive' | 'Unarchive'): Promise<void> {
  await actions(page).click();
  await page.getByRole('menuitem', { name, exact: true }).click();
}

function fail(): never {
  throw new Error('It has no place.');
}

function undo(page: Page): Locator {
  return page.locator('app-undo-notice').getByRole('button', { name: 'Undo' });
}

test('what is archived in one tab is archived in all, until a message brings it back', async ({
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
  for (const each of all) {
    await expect(row(each, 'Dear Ann')).toBeVisible();
    await expect(archive(each)).toHaveCount(0);
  }

  await openThread(page, ann);
  await choose(page, 'Archive');
  await expect(page).toHaveURL('/messages');
  await expect(page.getByText('Conversation archived')).toBeVisible();
  for (const each of all) {
    await expect(row(each, 'Dear Ann')).toHaveCount(0);
    await expect(row(each, 'Dear Bob')).toBeVisible();
    await expect(archive(each)).toBeVisible();
  }
  await tab.reload();
  await expect(row(tab, 'Dear Bob')).toBeVisible();
  await expect(row(tab, 'Dear Ann')).toHaveCount(0);
  await archive(tab).click();
  await expect(tab.getByRole('heading', { name: 'Archived' })).toBeVisible();
  await expect(row(tab, 'Dear Ann')).toBeVisible();
  await expect(row(tab, 'Dear Bob')).toHaveCount(0);

  await phone.write(ann, 'I am back');
  for (const each of [page, small]) {
    await expect(row(each, 'I am back')).toContainText('1 unread message');
    await expect(archive(each)).toHaveCount(0);
  }
  await expect(tab.getByText('No archived conversations.')).toBeVisible();
  await tab.getByRole('link', { name: 'Back to all conversations' }).click();
  await expect(row(tab, 'I am back')).toBeVisible();
  await pocket.close();
});

test('archiving is undone at once, also by the keyboard, which is led there', async ({
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
  await openThread(page, bob);
  await expect(bubble(page, 'Dear Bob')).toBeVisible();
  await actions(page).press('Enter');
  await page.getByRole('menuitem', { name: 'Archive', exact: true }).press('Enter');
  await expect(undo(page)).toBeFocused();
  await expect(row(tab, 'Dear Bob')).toHaveCount(0);
  await undo(page).press('Enter');
  await expect(undo(page)).toHaveCount(0);
  await expect(row(page, 'Dear Bob').getByRole('link')).toBeFocused();
  await expect(row(tab, 'Dear Bob')).toBeVisible();
});

test('the notice goes away by itself, unless somebody is about to use it', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  const [ann, bob] = [newNumber(), newNumber()];
  await person.write(ann, 'Dear Ann');
  await person.write(bob, 'Dear Bob');
  await page.clock.install();
  await enter(page, person);
  await openThread(page, bob);
  await expect(bubble(page, 'Dear Bob')).toBeVisible();
  await actions(page).press('Enter');
  const archived = page.waitForResponse(/archived/);
  await page.getByRole('menuitem', { name: 'Archive', exact: true }).press('Enter');
  await expect(undo(page)).toBeFocused();
  await archived;
  await page.clock.fastForward(60_000);
  await expect(undo(page)).toBeFocused();
  await row(page, 'Dear Ann').getByRole('link').focus();
  await page.clock.fastForward(11_000);
  await expect(undo(page)).toHaveCount(0);
  await page.reload();
  await expect(row(page, 'Dear Ann')).toBeVisible();
  await expect(row(page, 'Dear Bob')).toHaveCount(0);
});

test('a row has a menu, and keys archive one row after the other', async ({ page, request }) => {
  const person = await newPerson(request);
  for (const text of ['One', 'Two', 'Three']) await person.write(newNumber(), text);
  await enter(page, person);
  await row(page, 'One').hover();
  await row(page, 'One')
    .getByRole('button', { name: /^Actions on the conversation/ })
    .click();
  await page.getByRole('menuitem', { name: 'Archive' }).click();
  await expect(row(page, 'One')).toHaveCount(0);
  await row(page, 'Three').getByRole('link').focus();
  await page.keyboard.press('e');
  await expect(row(page, 'Three')).toHaveCount(0);
  await expect(row(page, 'Two').getByRole('link')).toBeFocused();
  await page.keyboard.press('z');
  await expect(row(page, 'Three').getByRole('link')).toBeFocused();
  await expect(row(page, 'One')).toHaveCount(0);
});

test.describe('on a phone', () => {
  test.use({ ...PHONE, hasTouch: true, isMobile: true });

  test('a conversation is archived, found in the archive, and brought back', async ({
    page,
    request,
  }) => {
    const person = await newPerson(request);
    const [ann, bob] = [newNumber(), newNumber()];
    await person.write(ann, 'Dear Ann');
    await person.write(bob, 'Dear Bob');
    await enter(page, person);
    await row(page, 'Dear Ann').tap();
    await expect(bubble(page, 'Dear Ann')).toBeVisible();
    const { width, height } = (await actions(page).boundingBox()) ?? {};
    expect(Math.min(width ?? 0, height ?? 0)).toBeGreaterThanOrEqual(44);
    await choose(page, 'Archive');
    await expect(row(page, 'Dear Ann')).toHaveCount(0);
    await undo(page).tap();
    await expect(row(page, 'Dear Ann')).toBeVisible();

    await row(page, 'Dear Ann').tap();
    await choose(page, 'Archive');
    await archive(page).tap();
    await expect(page).toHaveURL('/messages?archived=true');
    await row(page, 'Dear Ann').tap();
    await expect(bubble(page, 'Dear Ann')).toBeVisible();
    await page.getByRole('link', { name: 'Back to all conversations' }).last().tap();
    await expect(page).toHaveURL('/messages?archived=true');
    await page.reload();
    await row(page, 'Dear Ann').tap();
    await choose(page, 'Unarchive');
    await expect(page.getByText('Conversation unarchived')).toBeVisible();
    await expect(page.getByText('No archived conversations.')).toBeVisible();
    await page.getByRole('link', { name: 'Back to all conversations' }).tap();
    await expect(row(page, 'Dear Ann')).toBeVisible();
    await expect(archive(page)).toHaveCount(0);
  });

  test('a tap anywhere on a row opens its conversation', async ({ page, request }) => {
    const person = await newPerson(request);
    await person.write(newNumber(), 'Dear Ann');
    await enter(page, person);
    const { x, y, width, height } = (await row(page, 'Dear Ann').boundingBox()) ?? fail();
    await page.touchscreen.tap(x + width - 40, y + height / 2);
    await expect(bubble(page, 'Dear Ann')).toBeVisible();
    await expect(page.getByRole('menu')).toHaveCount(0);
  });

  test('a message that is sent brings it back', async ({ page, request }) => {
    const person = await newPerson(request);
    const ann = newNumber();
    await person.write(ann, 'Dear Ann');
    await enter(page, person);
    await row(page, 'Dear Ann').tap();
    await choose(page, 'Archive');
    await archive(page).tap();
    await row(page, 'Dear Ann').tap();
    await composer(page).fill('One more thing');
    await page.getByRole('button', { name: 'Send' }).tap();
    await expect(bubble(page, 'One more thing')).toContainText('Delivered');
    await actions(page).tap();
    await expect(page.getByRole('menuitem', { name: 'Archive', exact: true })).toBeVisible();
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Back to all conversations' }).last().tap();
    await expect(page.getByText('No archived conversations.')).toBeVisible();
    await page.getByRole('link', { name: 'Back to all conversations' }).tap();
    await expect(row(page, 'One more thing')).toBeVisible();
  });
});
