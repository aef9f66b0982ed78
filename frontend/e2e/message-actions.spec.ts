import {
  bubble,
  composer,
  enter,
  expect,
  newNumber,
  newPerson,
  openDetails,
  openNew,
  openThread,
  setFault,
  test,
} from './fixtures';
import { Product, runProduct } from './start-product';

const RATE_LIMITED = '+15005551007';

test('a pending message can be canceled', async ({ page, request, tolerate }) => {
  const person = await newPerson(request);
  await person.write(RATE_LIMITED, 'Better not');
  await enter(page, person);
  await openThread(page, RATE_LIMITED);
  const message = bubble(page, 'Better not');
  await expect(message).toContainText('Waiting to be sent');
  // While an attempt to send it is under way, it is too late, until the provider has refused it again.
  tolerate(/409 .*\/cancel/);
  await expect(async () => {
    await message.getByRole('button', { name: 'Cancel sending' }).click({ timeout: 3_000 });
    await expect(message).toContainText('Canceled', { timeout: 3_000 });
  }).toPass();
  await expect(message.getByRole('button', { name: 'Cancel sending' })).toHaveCount(0);
});

test('a message that was not delivered can be sent again or edited', async ({
  page,
  request,
  phone,
}) => {
  const person = await newPerson(request);
  const text = `Please answer ${crypto.randomUUID()}`;
  await person.write(phone.unhurried, text);
  await enter(page, person);
  await openThread(page, phone.unhurried.replaceAll(' ', ''));
  const messages = bubble(page, text);
  await expect(messages).toContainText('Queued');
  await phone.report(text, 'undelivered');
  await expect(messages).toContainText("The phone couldn't be reached.");
  // For screen readers.
  await expect(page.getByText('Message to +1 500 555 1002 not delivered.')).toBeAttached();

  await messages.getByRole('button', { name: 'Edit and resend' }).click();
  await expect(composer(page)).toBeFocused();
  await expect(composer(page)).toHaveValue(text);
  await composer(page).fill('');

  // The menu has the same, until it is done.
  const openMenu = async (): Promise<void> => {
    await messages.first().hover();
    await messages
      .first()
      .getByRole('button', { name: /^Actions on/ })
      .click();
  };
  await openMenu();
  await page.getByRole('menuitem', { name: 'Edit and resend' }).click();
  await expect(composer(page)).toBeFocused();
  await expect(composer(page)).toHaveValue(text);
  await composer(page).fill('');
  await openMenu();
  await page.getByRole('menuitem', { name: 'Retry' }).click();
  await expect(messages).toHaveCount(2);
  await expect(messages.first()).toContainText("You've sent it again.");
  await openMenu();
  await expect(page.getByRole('menuitem', { name: 'Details' })).toBeVisible();
  await expect(page.getByRole('menuitem', { name: /Retry|Edit/ })).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(messages.last()).toContainText('Queued');
  await expect.poll(() => phone.received(text)).toBe(2);
});

test('no retry is offered where it cannot help', async ({ page, request }) => {
  const person = await newPerson(request);
  await person.write('+15005550001', 'Is anybody there?');
  await enter(page, person);
  await openThread(page, '+15005550001');
  const message = bubble(page, 'Is anybody there?');
  await expect(message.getByRole('button', { name: 'Edit and resend' })).toBeVisible();
  await expect(message.getByRole('button', { name: 'Retry' })).toHaveCount(0);
  await message.hover();
  await message.getByRole('button', { name: /^Actions on/ }).click();
  await expect(page.getByRole('menuitem', { name: 'Edit and resend' })).toBeVisible();
  await expect(page.getByRole('menuitem', { name: 'Retry' })).toHaveCount(0);
});

test('a deleted text is shown as such, and cannot be sent again', async ({ page, request }) => {
  const person = await newPerson(request);
  await person.write('+15005550001', 'Long ago');
  await page.route('**/api/**', async (route) => {
    const response = await route.fetch();
    const removed = '"content":"","content_removed_at":"2026-11-22T10:42:07.120Z"';
    const body = (await response.text())
      .replaceAll('"content_removed_at":null,', '')
      .replaceAll('"content":"Long ago"', removed);
    await route.fulfill({ response, body });
  });
  await enter(page, person);
  await openThread(page, '+15005550001');
  const message = page.getByRole('log').getByRole('article');
  await expect(message).toContainText('Message text deleted');
  await expect(message).toContainText('Not sent');
  await expect(message.getByRole('button', { name: /Retry|Edit/ })).toHaveCount(0);
  await message.hover();
  const details = await openDetails(page, message);
  await expect(details).toContainText('Message text deleted.');
  await expect(details.getByRole('button', { name: 'Copy the text' })).toHaveCount(0);
  // A poll may still be on its way through the route.
  await page.unrouteAll({ behavior: 'ignoreErrors' });
});

test('a message can be copied and forwarded', async ({ page, request, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Bring the blue one');
  await enter(page, person);
  await openNew(page);
  await page.getByLabel('Phone number').fill('+49 30 901820');
  await openThread(page, number);
  const message = bubble(page, 'Bring the blue one');
  const button = message.getByRole('button', { name: /^Actions on/ });
  await message.hover();
  await button.click();
  await expect(page.getByRole('menuitem', { name: 'Copy text' })).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(page.getByRole('menuitem', { name: 'Delete' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toBeHidden();
  await expect(button).toBeFocused();

  await button.click();
  await page.getByRole('menuitem', { name: 'Copy text' }).click();
  await expect(page.getByText('Copied')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('Bring the blue one');

  await button.click();
  await expect(page.getByRole('menu')).toBeVisible();
  await page.mouse.click(5, 5);
  await expect(page.getByRole('menu')).toBeHidden();
  await button.click();
  await page.getByRole('menuitem', { name: 'Forward' }).click();
  await expect(page).toHaveURL('/messages/new');
  await expect(page.getByRole('textbox', { name: 'Message' })).toHaveValue('Bring the blue one');
  // To nobody who was about to get something else.
  await expect(page.getByLabel('Phone number')).toHaveValue('');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByLabel('Phone number')).toHaveValue('+49 30 901820');
});

test('addresses open a new tab, and numbers a conversation', async ({ page, request, context }) => {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'See velonord.example/book or call +41 79 123 45 67.');
  await enter(page, person);
  await openThread(page, number);
  const message = bubble(page, 'See velonord');
  const address = message.getByRole('link', { name: 'velonord.example/book', exact: true });
  await expect(address).toHaveAttribute('href', 'https://velonord.example/book');
  await expect(address).toHaveAttribute('rel', 'noopener noreferrer');
  await context.route('https://velonord.example/**', (route) => route.fulfill({ body: 'Here' }));
  const [opened] = await Promise.all([context.waitForEvent('page'), address.click()]);
  await expect(opened.getByText('Here')).toBeVisible();
  expect(await opened.evaluate(() => window.opener as unknown)).toBeNull();
  await message.getByRole('link', { name: '+41 79 123 45 67', exact: true }).click();
  await expect(page.getByRole('heading', { name: '+41 79 123 45 67' })).toBeVisible();
});

test('an unconfirmed message waits, unless the user decides', async ({ page, request, phone }) => {
  const number = newNumber();
  await setFault(request, { kind: 'error_500', to: number, times: 1 });
  const person = await newPerson(request);
  const text = `Did this leave? ${crypto.randomUUID()}`;
  await person.write(number, text);
  await enter(page, person);
  await openThread(page, number);
  const message = bubble(page, text);
  await expect(message.first()).toContainText("Please don't send it again yet");
  expect(await phone.received(text)).toBe(0);

  await message.getByRole('button', { name: 'Stop retrying' }).click();
  await expect(message).toContainText("It won't be retried.");
  await page.reload();
  await expect(message).toContainText("It won't be retried.");
  await expect(message.getByRole('button', { name: 'Stop retrying' })).toHaveCount(0);

  await message.getByRole('button', { name: 'Send again anyway…' }).click();
  await expect(message).toContainText('It may then arrive twice.');
  const keep = message.getByRole('button', { name: 'Keep waiting' });
  await expect(keep).toBeFocused();
  await keep.click();
  await expect(message).toHaveCount(1);

  await message.getByRole('button', { name: 'Send again anyway…' }).click();
  await message.getByRole('button', { name: 'Send anyway' }).click();
  await expect(message).toHaveCount(2);
  await expect(message.last()).toContainText(/Queued|Sent|Delivered/);
  await expect(message.first()).toContainText("You've sent it again.");
  await expect.poll(() => phone.received(text)).toBe(1);
});

test.describe('a provider that rejects our account', () => {
  let product: Product;

  test.beforeAll(async () => {
    product = await runProduct({});
  });
  test.afterAll(async () => {
    await product.stop();
  });

  test('is shown, and no message is lost', async ({ browser, request }) => {
    const person = await newPerson(request, product.url);
    const fault = { kind: 'unauthorized', times: 3 };
    await setFault(request, { ...fault, times: undefined }, product.simulatorUrl);
    const page = await browser.newPage({ baseURL: product.url });
    await enter(page, person);
    const number = newNumber();
    await openThread(page, number);
    await composer(page).fill('I can wait');
    await composer(page).press('Enter');
    const message = bubble(page, 'I can wait');
    await expect(message).toContainText('Waiting to be sent');
    await expect(page.getByText('Sending has been paused since')).toBeVisible();
    await expect(page.getByText('Messages will be sent when it resumes')).toBeVisible();
    await page.close();
  });
});
