import { Locator, Page } from '@playwright/test';
import {
  bubble,
  enter,
  expect,
  newNumber,
  newPerson,
  openDetails,
  openThread,
  test,
} from './fixtures';

async function askToDelete(page: Page, message: Locator): Promise<Locator> {
  await message.hover();
  await message.getByRole('button', { name: /^Actions on/ }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  return page.getByRole('alertdialog', { name: 'Delete this message?' });
}

async function deleteFromDetails(page: Page, message: Locator): Promise<void> {
  const details = await openDetails(page, message);
  await details.getByRole('button', { name: 'Delete message' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(details).toBeHidden();
}

function row(page: Page, text: string): Locator {
  return page.getByRole('link').filter({ hasText: text });
}

test('a message that is deleted in one tab leaves all others, and stays away', async ({
  page,
  request,
  context,
}) => {
  const person = await newPerson(request);
  const number = newNumber();
  for (const text of ['First of three', 'Second of three', 'Third of three']) {
    await person.write(number, text);
  }
  await enter(page, person);
  await openThread(page, number);
  const third = bubble(page, 'Third of three');
  await expect(third).toContainText('Delivered');
  const other = await context.newPage();
  await other.goto('/messages');
  await expect(other.getByRole('heading', { name: 'Message History (3)' })).toBeAttached();
  await expect(row(other, 'Third of three')).toBeVisible();
  const search = await context.newPage();
  await search.goto('/log');
  await expect(search.getByText('Third of three')).toBeVisible();

  const question = await askToDelete(page, third);
  await expect(question).toContainText('for you only');
  await expect(question).toContainText('keeps it');
  await question.getByRole('button', { name: 'Keep' }).click();
  await expect(third).toBeVisible();
  await expect(third.getByRole('button', { name: /^Actions on/ })).toBeFocused();

  await askToDelete(page, third);
  await question.getByRole('button', { name: 'Delete' }).click();
  await expect(third).toHaveCount(0);
  await expect(page.getByRole('status').getByText('Message deleted')).toHaveCount(1);
  await expect(bubble(page, 'Second of three')).toBeFocused();
  await expect(row(page, 'Second of three')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Message History (2)' })).toBeAttached();
  await expect(page.getByText('2 messages')).toBeVisible();

  await expect(row(other, 'Second of three')).toBeVisible();
  await expect(row(other, 'Third of three')).toHaveCount(0);
  await expect(other.getByRole('heading', { name: 'Message History (2)' })).toBeAttached();
  await expect(search.getByText('Third of three')).toHaveCount(0);
  await expect(search.getByText('Second of three')).toBeVisible();

  // Not even from the cache, while the API does not answer.
  await page.route('**/api/**', () => Promise.resolve());
  await page.reload();
  await expect(bubble(page, 'Second of three')).toBeVisible();
  await expect(page.getByText('Third of three')).toHaveCount(0);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.reload();
  await expect(bubble(page, 'Second of three')).toBeVisible();
  await expect(page.getByText('Third of three')).toHaveCount(0);
});

test('the last message of a conversation takes it from the list', async ({ page, request }) => {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'The only one');
  await enter(page, person);
  await openThread(page, number);
  const only = bubble(page, 'The only one');
  await expect(only).toContainText('Delivered');
  await deleteFromDetails(page, only);
  await expect(page.getByText('No messages yet')).toBeVisible();
  await expect(row(page, 'The only one')).toHaveCount(0);
  await expect(page.getByRole('log')).toBeFocused();
});

test('a deletion that fails says why, and can be tried again', async ({
  page,
  request,
  tolerate,
}) => {
  tolerate(/503/);
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Stubborn');
  await enter(page, person);
  await openThread(page, number);
  const message = bubble(page, 'Stubborn');
  await expect(message).toContainText('Delivered');
  await page.route('**/api/messages/*', (route) =>
    route.request().method() === 'DELETE'
      ? route.fulfill({ status: 503, json: { code: 'database_unavailable' } })
      : route.fallback(),
  );
  const question = await askToDelete(page, message);
  await question.getByRole('button', { name: 'Delete' }).click();
  const failure = page.getByRole('alertdialog', { name: "The message wasn't deleted" });
  await expect(failure).toContainText("The server can't reach its database at the moment.");
  await expect(message).toHaveCount(1);
  await page.unrouteAll();
  await failure.getByRole('button', { name: 'Try again' }).click();
  await expect(message).toHaveCount(0);
});

test('what may still be sent cannot be deleted', async ({ page, request }) => {
  const person = await newPerson(request);
  await person.write('+15005551007', 'Not sent yet');
  await enter(page, person);
  await openThread(page, '+15005551007');
  const message = bubble(page, 'Not sent yet');
  await message.hover();
  await message.getByRole('button', { name: /^Actions on/ }).click();
  const item = page.getByRole('menuitem', { name: 'Delete' });
  await expect(item).toHaveAttribute('aria-disabled', 'true');
  await expect(item).toHaveAccessibleDescription('It may still be sent: cancel it first, or wait.');
  await item.click({ force: true });
  await expect(page.getByRole('alertdialog')).toHaveCount(0);
  await page.getByRole('menuitem', { name: 'Details' }).click();
  const details = page.getByRole('dialog', { name: 'Message details' });
  await expect(details).toContainText('It may still be sent: cancel it first, or wait.');
  await expect(details.getByRole('button', { name: 'Delete message' })).toHaveCount(0);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('the message next to one that is deleted from its details gets the focus', async ({
    page,
    request,
  }) => {
    const person = await newPerson(request);
    const number = newNumber();
    for (const text of ['Stays here', 'Goes away']) await person.write(number, text);
    await enter(page, person);
    await openThread(page, number);
    const message = bubble(page, 'Goes away');
    await expect(message).toContainText('Delivered');
    await deleteFromDetails(page, message);
    await expect(message).toHaveCount(0);
    await expect(bubble(page, 'Stays here')).toBeFocused();
    await expect(bubble(page, 'Stays here')).toBeInViewport();
  });
});
