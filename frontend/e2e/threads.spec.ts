import { Page } from '@playwright/test';
import {
  bubble,
  composer,
  enter,
  expect,
  newNumber,
  newPerson,
  openThread,
  scrollToOldest,
  storedBubble,
  test,
} from './fixtures';

test('conversations are listed newest first, page by page', async ({ page, request }) => {
  const person = await newPerson(request);
  const numbers = Array.from({ length: 53 }, newNumber);
  for (const number of numbers) await person.write(number, `Hello ${number}`);
  await enter(page, person);

  const rows = page.getByRole('navigation', { name: 'Conversations' }).getByRole('listitem');
  await expect(rows).toHaveCount(50);
  await expect(rows.first()).toContainText(`Hello ${numbers.at(-1) ?? ''}`);
  await expect(page.getByRole('heading', { name: 'Message History (53)' })).toBeVisible();
  await page.getByRole('button', { name: 'Show more conversations' }).click();
  await expect(rows).toHaveCount(53);
  await expect(rows.last()).toContainText(`Hello ${numbers[0] ?? ''}`);
  await expect(page.getByRole('button', { name: 'Show more conversations' })).toHaveCount(0);

  // A message written elsewhere appears at the top.
  await person.write(numbers[0] ?? '', 'Me again');
  await expect(rows.first()).toContainText('Me again');
  await expect(rows).toHaveCount(53);
});

test('arrows lead through the conversations, and Enter opens one', async ({ page, request }) => {
  const person = await newPerson(request);
  const numbers = [newNumber(), newNumber(), newNumber()];
  for (const number of numbers) await person.write(number, `Hello ${number}`);
  await enter(page, person);
  const row = (index: number) =>
    page.getByRole('navigation').getByRole('listitem').nth(index).getByRole('link');
  await row(0).focus();
  await page.keyboard.press('ArrowDown');
  await expect(row(1)).toBeFocused();
  await page.keyboard.press('End');
  await expect(row(2)).toBeFocused();
  await page.keyboard.press('Home');
  await expect(row(0)).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(bubble(page, `Hello ${numbers[1] ?? ''}`)).toBeVisible();
  await expect(row(1)).toHaveAttribute('aria-current', 'true');
});

test('loading older and new messages moves nothing', async ({ page, request }) => {
  const person = await newPerson(request);
  const number = newNumber();
  for (let count = 1; count <= 60; count++) await person.write(number, `Message no. ${count}.`);
  await enter(page, person);
  await openThread(page, number);
  await expect(bubble(page, 'no. 60.')).toBeInViewport();
  await expect(page.getByText('60 messages')).toBeVisible();

  // The earlier messages are held back until the place is known.
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(/before=/, async (route) => {
    await held;
    await route.continue();
  });
  await expect(async () => {
    await scrollToOldest(page);
    await expect(bubble(page, 'no. 11.')).toBeInViewport({ timeout: 500 });
  }).toPass();
  const before = await placeOf(page, 'no. 13.');
  release();
  await expect(bubble(page, 'no. 1.')).toBeAttached();
  expect(Math.abs((await placeOf(page, 'no. 13.')) - before)).toBeLessThan(3);

  await person.write(number, 'Something new');
  await expect(page.getByRole('button', { name: '1 new message' })).toBeVisible();
  expect(Math.abs((await placeOf(page, 'no. 13.')) - before)).toBeLessThan(3);
  await page.getByRole('button', { name: '1 new message' }).click();
  await expect(bubble(page, 'Something new')).toBeInViewport();

  // At the end, the page stays at the end.
  await person.write(number, 'And the newest');
  await expect(bubble(page, 'And the newest')).toBeInViewport();
  await expect(page.getByRole('button', { name: /below|latest/ })).toHaveCount(0);
});

test('search finds people and words, and opens a message far back', async ({ page, request }) => {
  const person = await newPerson(request);
  const [number, other] = [newNumber(), newNumber()];
  await person.write(number, 'The code for the gate is 4711');
  for (let count = 1; count <= 60; count++) await person.write(number, `Message no. ${count}.`);
  await person.write(other, 'Hello there');
  await enter(page, person);
  await expect(page.getByRole('heading', { name: 'Message History (62)' })).toBeVisible();

  const box = page.getByRole('searchbox', { name: 'Search people and messages' });
  await page.getByText('Choose a conversation').click();
  await page.keyboard.press('ControlOrMeta+k');
  await expect(box).toBeFocused();
  await box.fill('GATE');
  const results = page.getByRole('region', { name: 'Search results' });
  await expect(results.getByRole('link')).toHaveCount(1);
  await expect(results.locator('mark')).toHaveText('gate');
  await results.getByRole('link').click();
  const found = bubble(page, 'The code for the gate');
  await expect(found).toBeFocused();
  await expect(found).toBeInViewport();

  await box.fill(other.slice(-6));
  await expect(results.getByRole('heading', { name: 'People' })).toBeVisible();
  await results.getByRole('link').first().click();
  await expect(bubble(page, 'Hello there')).toBeVisible();

  await box.fill('nowhere to be found');
  await expect(results).toContainText(/No results for ...?nowhere to be found/);
  await box.press('Escape');
  await expect(box).toHaveValue('');
  await expect(results).toHaveCount(0);
});

test('the URL of a new number starts a conversation', async ({ page, request }) => {
  const person = await newPerson(request);
  const number = newNumber();
  await enter(page, person);
  await openThread(page, number);
  await expect(page.getByText('No messages yet')).toBeVisible();
  await composer(page).fill('The first one');
  await composer(page).press('Enter');
  await expect(storedBubble(page, 'The first one')).toContainText(/Queued|Sent|Delivered/);
});

async function placeOf(page: Page, text: string): Promise<number> {
  const box = await bubble(page, text).boundingBox();
  return box?.y ?? Number.NaN;
}
