import {
  axe,
  bubble,
  composer,
  enter,
  expect,
  fillSignIn,
  newNumber,
  newPerson,
  openThread,
  test,
} from './fixtures';
import { EMAIL, PEER, generateApi } from './generated-api';

test('STOP closes the composer and START opens it, in every tab', async ({
  page,
  context,
  request,
  phone,
}) => {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Your winter service is due.');
  await enter(page, person);
  await openThread(page, number);
  await phone.write(number, 'How much is it?');
  await expect(bubble(page, 'How much is it?')).toBeVisible();
  const input = page.getByLabel('Message', { exact: true });
  await input.fill('Forty, and');
  const other = await context.newPage();
  await other.goto(page.url());
  await expect(other.getByLabel('Message', { exact: true })).toBeVisible();

  await phone.write(number, 'Stop');
  const closed = page.getByText("You can't message them");
  await expect(closed).toBeVisible();
  await expect(input).toHaveCount(0);
  await expect(page.getByText(/replied STOP on .* once they reply START/)).toBeVisible();
  await expect(page.locator('.closed-composer__box')).toBeFocused();
  await expect(other.getByText("You can't message them")).toBeVisible();

  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 640 });
    await expect(closed).toBeVisible();
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const { violations } = await axe(page).include('.closed-composer').analyze();
      expect(violations).toEqual([]);
    }
  }

  // Whoever writes elsewhere goes on there when the composer comes back.
  const search = page.getByRole('searchbox', { name: 'Search people and messages' });
  await search.click();
  await phone.write(number, 'START');
  await expect(input).toBeVisible();
  await expect(search).toBeFocused();
  await page.keyboard.press('Enter');
  // What was being written is kept.
  await expect(input).toHaveValue('Forty, and');
  const text = `Forty, as ever ${crypto.randomUUID()}`;
  await input.fill(text);
  await input.press('Enter');
  await expect(bubble(page, text)).toBeVisible();
  await expect.poll(() => phone.received(text)).toBe(1);
});

test('what sounds like an opt-out is suggested as one, and can be undone', async ({
  page,
  request,
  phone,
}) => {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Do you like it?');
  await enter(page, person);
  await openThread(page, number);
  await phone.write(number, 'Please stop texting me');
  await phone.write(number, 'Thanks');
  await expect(bubble(page, 'Thanks')).toBeVisible();
  await expect(page.getByText('Stop sending to this number?')).toBeVisible();
  await expect(page.getByLabel('Message', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Stop sending' }).click();
  await expect(page.getByText(/was stopped by hand: .*Asked for it in a message/)).toBeVisible();
  await page.getByRole('button', { name: 'Allow messages' }).click();
  await expect(page.getByLabel('Message', { exact: true })).toBeVisible();
  await expect(page.getByText('Stop sending to this number?')).toHaveCount(0);

  await phone.write(number, 'opt out');
  await page.getByRole('button', { name: 'No', exact: true }).click();
  await expect(page.getByText('Stop sending to this number?')).toHaveCount(0);
  await expect(page.getByLabel('Message', { exact: true })).toBeFocused();
});

test('a recipient who has opted out is marked before anything is sent, and refused', async ({
  page,
  request,
  phone,
  tolerate,
}) => {
  tolerate(/422/);
  const person = await newPerson(request);
  const [number, known] = [newNumber(), newNumber()];
  await person.write(known, 'Hello');
  await phone.write(number, 'STOP');
  await enter(page, person);
  await page.getByRole('link', { name: 'New message', exact: true }).first().click();
  const recipient = page.getByRole('combobox');
  await recipient.fill(number);
  await expect(page.getByText(/has opted out and gets no messages/)).toBeVisible();
  await recipient.press('Enter');
  await expect(page.getByText(/has opted out and gets no messages/)).toBeVisible();
  await page.getByLabel('Message', { exact: true }).fill('Are you there?');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.getByText("You can't message them")).toBeVisible();
  await expect(bubble(page, 'Are you there?')).toBeVisible();
  await expect(page.getByText('This person had opted out of your messages.').first()).toBeVisible();
  expect(await phone.received('Are you there?')).toBe(0);
  // There is nothing to write in.
  const notice = bubble(page, 'Are you there?');
  await expect(notice.getByRole('button', { name: 'Edit and resend' })).toHaveCount(0);
  await expect(page.locator('.thread__peer')).toContainText('Opted out');
});

test('the list and the header say who has opted out, and no composer is shown before', async ({
  page,
  request,
  phone,
}) => {
  const person = await newPerson(request);
  const [number, other] = [newNumber(), newNumber()];
  await person.write(other, 'Hello');
  await person.write(number, 'Your winter service is due.');
  await phone.write(number, 'STOP');
  await enter(page, person);
  const rows = page.locator('.conversation-row');
  await expect(rows.first().getByText('Opted out')).toBeAttached();
  await expect(rows.nth(1).getByText('Opted out')).toHaveCount(0);
  // It is known before the conversation asks.
  await page.route('**/api/opt_outs/*', () => undefined);
  await rows.first().click();
  await expect(page.getByText(/replied STOP on/)).toBeVisible();
  await expect(page.locator('.thread__peer')).toContainText('Opted out');
  await expect(composer(page)).toHaveCount(0);
  await rows.nth(1).click();
  await expect(composer(page)).toBeVisible();
  await expect(page.locator('.thread__peer')).not.toContainText('Opted out');
});

test('what is written before an opt-out is known is kept', async ({ page }) => {
  const api = await generateApi(page, { conversations: 3, messages: 8 });
  const at = new Date().toISOString();
  const latest = { opted_out: true, at, source: 'keyword', reason: 'STOP' } as const;
  api.optOuts = [{ number: PEER, opted_out: true, latest, history: [latest] }];
  let tell = (): void => undefined;
  const isTold = new Promise<void>((resolve) => (tell = resolve));
  await page.route(/\/api\/opt_outs\b/, async (route) => {
    await isTold;
    await route.fallback();
  });
  await page.goto('/sign-in');
  await fillSignIn(page, EMAIL);
  await page.locator('.conversation-row').first().click();
  const input = page.getByLabel('Message', { exact: true });
  await expect(input).toBeFocused();
  await page.keyboard.type('Forty, and');
  // Nobody waits for longer than that to see where they write.
  await expect(page.locator('app-composer')).toHaveCSS('opacity', '1');
  tell();
  await expect(page.getByText('Your draft is kept: Forty, and')).toBeVisible();
  await expect(input).toHaveCount(0);
  await expect(page.locator('.closed-composer__box')).toBeFocused();
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('Undo keeps the focus, and opens no keyboard', async ({ page }) => {
    await generateApi(page, { conversations: 12, messages: 8 });
    await page.route('**/api/opt_outs/**', (route) => {
      const at = new Date().toISOString();
      const opted_out = route.request().method() === 'GET';
      const latest = { event: opted_out ? 'opt_out' : 'opt_in', at, source: 'manual', reason: '' };
      return route.fulfill({ json: { number: PEER, opted_out, latest, history: [latest] } });
    });
    await page.goto('/sign-in');
    await fillSignIn(page, EMAIL);
    await page.locator('.conversation-row').first().tap();
    await page.getByRole('button', { name: 'Allow messages' }).tap();
    await expect(composer(page)).toBeVisible();
    await expect(page.locator('app-thread').getByRole('heading', { level: 1 })).toBeFocused();
  });
});
