import {
  bubble,
  enter,
  expect,
  fillSignIn,
  newNumber,
  newPerson,
  openDetails,
  openThread,
  test,
} from './fixtures';
import { runProduct } from './start-product';

test('what a phone answers appears in the conversation, in the list and in the log', async ({
  page,
  request,
  phone,
}) => {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Table for four at seven?');
  await enter(page, person);
  await openThread(page, number);
  await expect(bubble(page, 'Table for four')).toBeVisible();

  await phone.write(number, 'Seven is fine 👍');
  const answer = bubble(page, 'Seven is fine 👍');
  await expect(answer).toBeVisible();
  await expect(answer).toHaveClass(/message-bubble--inbound/);
  await expect(page.getByRole('log').getByRole('article').last()).toContainText('Seven is fine');
  await expect(page.getByRole('link', { name: /Seven is fine/ })).toBeVisible();

  await page.reload();
  await expect(answer).toHaveCount(1);
  await page.goto('/log');
  await expect(page.getByText('Seven is fine 👍')).toBeVisible();
});

test('a picture without text is named in the list, in the details and in the log', async ({
  page,
  request,
  phone,
}) => {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'What does it look like?');
  await enter(page, person);
  await openThread(page, number);
  await phone.write(number, '', { attachments: 2 });

  await expect(page.getByRole('link', { name: /2 pictures/ })).toBeVisible();
  const pictures = page.getByRole('log').getByRole('article').last();
  await expect(pictures.getByRole('img')).toHaveCount(2);
  await pictures.hover();
  const details = await openDetails(page, pictures);
  await expect(details).toContainText('2 pictures');
  await expect(details).not.toContainText('deleted');
  await page.goto('/log');
  await expect(page.getByRole('row', { name: /2 pictures/ })).toBeVisible();
});

test('a phone answers from the page of the simulator', async ({ page, request, phone }) => {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Are you on your way?');
  await expect.poll(() => phone.received('Are you on your way?')).toBe(1);

  await page.goto(`${process.env['E2E_SIMULATOR_URL'] ?? ''}/?phone=${encodeURIComponent(number)}`);
  await expect(page.getByText('Are you on your way?')).toHaveCount(2);
  await page.getByLabel('Text from this phone').fill('Almost <b>there</b>');
  await page.getByRole('button', { name: 'Send from this phone' }).click();
  await expect(page.getByRole('log').getByText('Almost <b>there</b>')).toBeVisible();
  await expect(page.getByLabel('Text from this phone')).toHaveValue('');

  await enter(page, person);
  await openThread(page, number);
  await expect(bubble(page, 'Almost <b>there</b>')).toBeVisible();
});

test('senders without a phone number have conversations', async ({ page, request }) => {
  test.setTimeout(180_000);
  // Nobody can have written to them, so the oldest account of the installation receives them.
  const product = await runProduct({});
  try {
    const person = await newPerson(request, product.url);
    for (const [sender, body] of [
      ['MYBANK', 'Your code is 123456'],
      ['12345', 'Your parcel has arrived'],
      ['new', 'I am called like a new message'],
    ]) {
      const data = { sender, body };
      const answer = await request.post(`${product.simulatorUrl}/_control/texts`, { data });
      expect(answer.ok()).toBe(true);
    }
    await page.goto(`${product.url}/sign-in`);
    await fillSignIn(page, person.email);
    await page.getByRole('link', { name: /Your parcel has arrived/ }).click();
    await expect(bubble(page, 'Your parcel has arrived')).toBeVisible();
    await page.goto(`${product.url}/messages/MYBANK`);
    await expect(bubble(page, 'Your code is 123456')).toBeVisible();

    await page.getByRole('link', { name: /I am called/ }).click();
    await expect(bubble(page, 'I am called like a new message')).toBeVisible();
    await expect(page.getByRole('link', { name: /I am called/ })).toHaveAttribute('aria-current');
    await page.reload();
    await expect(bubble(page, 'I am called like a new message')).toBeVisible();
    await page.goto(`${product.url}/messages/new`);
    await expect(page.getByRole('heading', { name: 'New message' })).toBeVisible();
    await expect(page.getByRole('link', { name: /I am called/ })).not.toHaveAttribute(
      'aria-current',
    );
    await page.goto(`${product.url}/log`);
    await page.getByRole('link', { name: /^Open the details of the message with new / }).click();
    await expect(bubble(page, 'I am called like a new message')).toBeVisible();
  } finally {
    // It would complain that its server is gone.
    await page.close();
    await product.stop();
  }
});
