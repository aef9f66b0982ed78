import { bubble, expect, fillSignIn, openNew, sendNew, signOut, signUp, test } from './fixtures';
import { EMAIL, generateApi } from './generated-api';

test('a message arrives, and a reload keeps the user signed in', async ({ page, phone }) => {
  await signUp(page);
  await sendNew(page, phone.unhurried, 'Your table is ready');

  const message = bubble(page, 'Your table is ready');
  await expect(page.getByRole('heading', { name: phone.unhurried })).toBeVisible();
  await expect(message).toContainText('Queued');
  await phone.report('Your table is ready', 'sent');
  await expect(message).toContainText('Sent');
  await phone.report('Your table is ready', 'delivered');
  await expect(message).toContainText('Delivered');
  await expect(page.getByRole('heading', { name: 'Message History (1)' })).toBeVisible();

  await page.reload();
  await expect(message).toContainText('Delivered');
  await expect(page.getByRole('status')).toHaveText('Up to date');

  await signOut(page);
  await page.goto('/messages');
  await expect(page).toHaveURL('/sign-in');
});

test('a rejected message is shown as not sent, with the reason', async ({ page, tolerate }) => {
  tolerate(/422 .*\/api\/messages/);
  await signUp(page);
  await sendNew(page, '+15005550001', 'Is anybody there?');
  const message = bubble(page, 'Is anybody there?');
  await expect(message).toContainText('Not sent');
  await expect(message).toContainText('This is not a valid phone number.');
});

test('a failed send keeps the text and can be repeated', async ({ page, tolerate }) => {
  tolerate(/ERR_FAILED .*\/api\/messages/);
  await signUp(page);
  const keys: (string | undefined)[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') keys.push(request.headers()['idempotency-key']);
  });
  await page.route('**/api/messages', (route) =>
    route.request().method() === 'POST' ? route.abort() : route.continue(),
  );
  await sendNew(page, '+14155552671', 'Once and only once');
  const message = bubble(page, 'Once and only once');
  await expect(message).toContainText("Can't reach the server.");

  await page.unroute('**/api/messages');
  await message.getByRole('button', { name: 'Try again' }).click();
  await expect(message).toContainText(/Queued|Sent|Delivered/);
  await expect(message).toHaveCount(1);
  // It is also retried automatically.
  expect(keys.length).toBeGreaterThanOrEqual(2);
  expect(new Set(keys).size).toBe(1);
});

test('an impossible number shows an error at its field', async ({ page }) => {
  await signUp(page);
  await openNew(page);
  await sendNew(page, '12', 'Hello');
  const field = page.getByLabel('Phone number');
  await expect(field).toBeFocused();
  await expect(field).toHaveAccessibleDescription(
    /Phone number must begin with \+ and the country code/,
  );
  await expect(page.getByRole('textbox', { name: 'Message' })).toHaveValue('Hello');
});

test('while no conversation is open, a wide screen says how to open one', async ({ page }) => {
  await generateApi(page, { conversations: 12, messages: 8 });
  await page.goto('/sign-in');
  await fillSignIn(page, EMAIL);
  const hint = page.getByText('Choose a conversation, or press N to write a new message.');
  await expect(hint).toBeVisible();
  const conversations = page.getByRole('navigation', { name: 'Conversations' });
  await page.setViewportSize({ width: 720, height: 800 });
  await expect(hint).toBeHidden();
  await expect(conversations).toBeVisible();
  await page.setViewportSize({ width: 721, height: 800 });
  await expect(hint).toBeVisible();
  await expect(conversations).toBeVisible();

  await page.keyboard.press('n');
  await expect(page.getByLabel('Phone number')).toBeFocused();
  await expect(hint).toBeHidden();
  await page.getByRole('link', { name: 'Close', exact: true }).click();
  await expect(hint).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Messages', exact: true })).toBeFocused();
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 320, height: 640 }, hasTouch: true });

  test('shows either the list or a conversation', async ({ page }) => {
    await signUp(page);
    await sendNew(page, '+14155552671', 'Hello from a small screen');
    await expect(bubble(page, 'Hello from a small screen')).toBeVisible();
    const conversations = page.getByRole('navigation', { name: 'Conversations' });
    await expect(conversations).toBeHidden();
    await page.getByRole('link', { name: 'Back to all conversations' }).click();
    await expect(conversations).toBeVisible();
    await page.getByRole('link', { name: '+1 415 555 2671' }).click();
    await expect(bubble(page, 'Hello from a small screen')).toBeVisible();
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
  });
});
