import { Page } from '@playwright/test';
import { storeMessages } from './bench/store-messages';
import {
  bubble,
  composer,
  expect,
  fillSignIn,
  newNumber,
  newPerson,
  scrollTo,
  scrollToOldest,
  test,
} from './fixtures';
import { Product, runProduct } from './start-product';

const ALL = 20_000;

/** Storing so many messages takes a while. */
let product: Product;

test.beforeAll(async () => {
  product = await runProduct({});
});

test.afterAll(async () => {
  await product.stop();
});

test('among 20,000 messages, one far back is shown after one request, and few are held in memory', async ({
  page,
  request,
}) => {
  test.setTimeout(240_000);
  const person = await newPerson(request, product.url);
  const [number, original] = [newNumber(), newNumber()];
  await person.write(original, 'The original');
  const found = await storeMessages(product.mongodbUri, 'The original', number, ALL, 4_999);
  await page.goto(`${product.url}/sign-in`);
  await fillSignIn(page, person.email);
  await expect(page.getByRole('heading', { name: /^Message History/ })).toBeVisible();
  const calls: string[] = [];
  page.on('request', (call) => {
    if (call.url().includes('peer_number=')) calls.push(new URL(call.url()).search);
  });
  await page.goto(`${product.url}/messages/${encodeURIComponent(number)}?at=${found}`);
  const message = bubble(page, /^You wrote:5000\./);
  await expect(message).toBeFocused();
  await expect(message).toBeInViewport();
  expect(calls).toHaveLength(1);
  await expect(page.getByText('20,000 messages')).toBeVisible();

  // From there to both ends, without moving what is on the screen.
  for (const direction of ['older', 'newer'] as const) {
    const edge = direction === 'older' ? '4952.' : '5048.';
    const next = direction === 'older' ? '4850.' : '5149.';
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route(/[?&](before|after)=/, async (route) => {
      await held;
      await route.continue();
    });
    await scrollTo(bubble(page, new RegExp(`^You wrote:${edge}`)));
    const before = await placeOf(page, new RegExp(`^You wrote:${edge}`));
    release();
    await expect(bubble(page, new RegExp(`^You wrote:${next}`))).toBeAttached();
    const moved = (await placeOf(page, new RegExp(`^You wrote:${edge}`))) - before;
    expect(Math.abs(moved), direction).toBeLessThan(3);
    await page.unroute(/[?&](before|after)=/);
  }
  expect(calls).toHaveLength(3);

  const bubbles = page.locator('app-message-bubble');
  const first = bubbles.first();
  for (let loads = 0; loads < 8; loads++) {
    const oldest = await first.getAttribute('id');
    await scrollToOldest(page);
    await expect(first).not.toHaveAttribute('id', oldest ?? '');
    expect(await bubbles.count()).toBeLessThanOrEqual(500);
  }
  // No page twice. On a busy machine the edge may be near once more, until the new rows have their heights.
  expect(new Set(calls).size).toBe(calls.length);
  expect(calls.length).toBeGreaterThanOrEqual(11);
  expect(calls.length).toBeLessThanOrEqual(12);
  const loaded = calls.length;

  await page.getByRole('button', { name: 'Jump to latest' }).click();
  await expect(bubble(page, /^You wrote:20000\./)).toBeInViewport();
  await expect(bubbles).toHaveCount(50);
  await expect(page.getByRole('button', { name: /Load newer|latest/ })).toHaveCount(0);
  expect(calls).toHaveLength(loaded + 1);

  // A message written while reading far back is shown at the end.
  await page.goto(`${product.url}/messages/${encodeURIComponent(number)}?at=${found}`);
  await expect(message).toBeInViewport();
  await composer(page).fill('Written far back');
  await composer(page).press('Enter');
  await expect(bubble(page, 'Written far back')).toBeInViewport();
  await expect(bubble(page, 'Written far back')).toHaveCount(1);
  await expect(bubble(page, /^You wrote:20000\./)).toBeInViewport();
});

test('somebody jumps to a date, and back', async ({ page, request }) => {
  const person = await newPerson(request, product.url);
  const [number, original] = [newNumber(), newNumber()];
  await person.write(original, 'The original of old days');
  const oldest = await storeMessages(product.mongodbUri, 'The original of old days', number, 3000);
  await page.goto(`${product.url}/sign-in`);
  await fillSignIn(page, person.email);
  await expect(page.getByRole('heading', { name: /^Message History/ })).toBeVisible();
  const calls: string[] = [];
  page.on('request', (call) => {
    if (call.url().includes('peer_number=')) calls.push(new URL(call.url()).search);
  });
  await page.goto(`${product.url}/messages/${encodeURIComponent(number)}`);
  await expect(bubble(page, /^You wrote:3000\./)).toBeInViewport();

  const jump = async (day: string): Promise<void> => {
    await page.getByRole('button', { name: 'More actions' }).press('Enter');
    await page.getByRole('menuitem', { name: 'Jump to a date…' }).press('Enter');
    await expect(page.getByRole('textbox', { name: 'Date' })).toBeFocused();
    await page.getByRole('textbox', { name: 'Date' }).fill(day);
    await page.getByRole('textbox', { name: 'Date' }).press('Enter');
  };
  // Ten an hour: there are messages of each of the last days, the first one near midnight.
  const day = await page.evaluate(() => {
    const date = new Date(Date.now() - 5 * 24 * 60 * 60 * 1000);
    return [date.getFullYear(), date.getMonth() + 1, date.getDate()]
      .map((part) => `${part}`.padStart(2, '0'))
      .join('-');
  });
  await jump(day);
  await expect(page).toHaveURL(new RegExp(`day=${day}`));
  const first = page.locator('app-message-bubble').locator(':scope:focus');
  await expect(first).toBeInViewport();
  const time = await first.locator('time').first().getAttribute('datetime');
  const midnight = await page.evaluate((text) => new Date(`${text}T00:00`).getTime(), day);
  const after = new Date(time ?? '').getTime() - midnight;
  expect(after).toBeGreaterThanOrEqual(0);
  expect(after).toBeLessThanOrEqual(6 * 60 * 1000);
  expect(calls).toHaveLength(2);

  await jump('2000-01-01');
  await expect(page.locator(`#message-${oldest}`)).toBeFocused();
  await expect(page.locator(`#message-${oldest}`)).toBeInViewport();
  await page.goBack();
  await expect(first).toBeInViewport();
  await page.getByRole('button', { name: 'Jump to latest' }).click();
  await expect(bubble(page, /^You wrote:3000\./)).toBeInViewport();
});

async function placeOf(page: Page, text: RegExp): Promise<number> {
  const box = await bubble(page, text).boundingBox();
  return box?.y ?? Number.NaN;
}
