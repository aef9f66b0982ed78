import { Page } from '@playwright/test';
import {
  axe,
  bubble,
  composer,
  enter,
  expect,
  fillSignIn,
  newNumber,
  newPerson,
  openDetails,
  openThread,
  test,
} from './fixtures';

const NAME = 'Ada Lovelace';
const ARABIC = 'محمد علي';

test('a number shows its name, in every tab and within seconds', async ({
  page,
  context,
  request,
}) => {
  const person = await newPerson(request);
  const [number, other] = [newNumber(), newNumber()];
  await person.write(other, 'To somebody without a name');
  await person.write(number, 'Your winter service is due.');
  await enter(page, person);
  await openThread(page, number);
  const second = await context.newPage();
  await second.goto('/log');
  await expect(second.getByText('Your winter service is due.')).toBeVisible();

  await person.call(number, NAME);
  await expect(page.getByRole('heading', { name: NAME })).toBeVisible();
  const details = await openDetails(page, bubble(page, 'winter service'));
  await expect(details.getByRole('definition').first()).toHaveText(NAME);
  await page.keyboard.press('Escape');
  const row = page.locator('a.conversation-row').filter({ hasText: 'winter service' });
  await expect(row).toContainText(NAME);
  await expect(row.locator('app-avatar')).toHaveText('AL');
  await expect(second.getByRole('link', { name: NAME })).toBeVisible();

  const search = page.getByRole('searchbox', { name: 'Search people and messages' });
  await search.fill('love');
  await expect(page.locator('a.conversation-row--short')).toHaveText(new RegExp(NAME));
  await search.press('Enter');
  await expect(page.getByRole('heading', { name: NAME })).toBeVisible();

  await person.call(number, ARABIC);
  const heading = page.getByRole('heading', { name: ARABIC });
  await expect(heading).toHaveAttribute('dir', 'auto');
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 640 });
    await expect(heading).toBeVisible();
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
  }
  const { violations } = await axe(page).analyze();
  expect(violations).toEqual([]);
});

test('a recipient is found by name', async ({ page, request }) => {
  const person = await newPerson(request);
  const [number, other] = [newNumber(), newNumber()];
  await person.write(other, 'To somebody without a name');
  await person.call(number, NAME);
  await enter(page, person);
  await page.goto('/messages/new');
  const to = page.getByRole('combobox', { name: 'To' });
  await to.fill('lov');
  await expect(page.getByRole('option', { name: NAME })).toHaveAttribute('aria-selected', 'true');
  await to.press('Enter');
  await expect(page.locator('.recipient__chip')).toContainText(NAME);
  await to.fill('nobody');
  await expect(page.getByRole('option')).toHaveCount(0);
});

async function openContact(page: Page) {
  await page.getByRole('button', { name: 'Contact', exact: true }).click();
  return page.getByRole('dialog', { name: 'Contact' });
}

test('somebody names a number in its conversation, and every tab follows', async ({
  page,
  context,
  request,
}) => {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Your bike is ready.');
  await enter(page, person);
  await openThread(page, number);
  const second = await context.newPage();
  await second.goto('/log');
  await expect(second.getByText('Your bike is ready.')).toBeVisible();

  const opener = page.getByRole('button', { name: 'Contact', exact: true });
  await opener.focus();
  await page.keyboard.press('Enter');
  const card = page.getByRole('dialog', { name: 'Contact' });
  await expect(card.getByRole('heading', { name: 'Contact' })).toBeFocused();
  await expect(card.getByRole('heading', { name: 'Give this number a name' })).toBeVisible();
  await expect(card).toContainText('They have not opted out.');
  await expect(card.getByRole('link', { name: 'Call' })).toHaveAttribute('href', `tel:${number}`);
  await card.getByRole('button', { name: 'Add name' }).click();
  await expect(card.getByLabel('Name')).toBeFocused();
  await page.keyboard.type('   ');
  await page.keyboard.press('Enter');
  await expect(card.getByRole('alert').filter({ hasText: "Name can't be blank." })).toBeVisible();
  await card.getByLabel('Name').fill(NAME);
  await card.getByLabel('Note').fill('Prefers mornings.\nTwo bikes.');
  await card.getByLabel('Add a label').fill('customer,');
  await expect(card.getByRole('list', { name: 'Labels' })).toHaveText('customer');
  await card.getByLabel('Add a label').fill('vip');
  await page.keyboard.press('Enter');
  await expect(card.getByRole('listitem')).toHaveText(['customer', 'vip']);
  await card.getByRole('combobox').selectOption('Web form');
  await card.getByLabel('When').fill('2026-03-03T10:30');
  await card.getByLabel('Proof of consent').fill('example.com/join');
  await card.getByRole('button', { name: 'Save' }).click();

  await expect(card.getByRole('heading', { name: NAME })).toBeVisible();
  await expect(card.getByRole('button', { name: 'Edit' })).toBeFocused();
  await expect(card.getByRole('listitem')).toHaveText(['customer', 'vip']);
  await expect(card).toContainText('Web form, March 3, 2026 at 10:30');
  await expect(card).toContainText('example.com/join');
  await expect(card.locator('.contact-card__note')).toHaveText('Prefers mornings.\nTwo bikes.');
  await expect(page.locator('.thread').getByRole('heading', { level: 1 })).toHaveText(NAME);
  const row = page.locator('a.conversation-row').filter({ hasText: 'Your bike' });
  await expect(second.getByRole('link', { name: NAME })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(card).toBeHidden();
  await expect(opener).toBeFocused();
  await expect(page).not.toHaveURL(/details/);
  await expect(row).toContainText(NAME);

  await openContact(page);
  await page.reload();
  await expect(card.getByRole('heading', { name: NAME })).toBeVisible();
  await card.getByRole('button', { name: 'Remove contact…' }).click();
  const question = page.getByRole('alertdialog', { name: 'Remove this contact?' });
  await expect(question).toContainText('Your messages stay, and so does an opt-out.');
  await page.keyboard.press('Escape');
  await expect(card.getByRole('heading', { name: NAME })).toBeVisible();
  await card.getByRole('button', { name: 'Remove contact…' }).click();
  await question.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(card.getByRole('heading', { name: 'Give this number a name' })).toBeVisible();
  await expect(card.getByRole('button', { name: 'Add name' })).toBeFocused();
  await expect(bubble(page, 'Your bike is ready.')).toBeVisible();
  await expect(second.getByRole('link', { name: NAME })).toBeHidden();
  await page.goBack();
  await expect(card).toBeHidden();
  await expect(row).not.toContainText(NAME);
});

test('what is typed into a contact outlives a 503, another tab and the end of the session', async ({
  page,
  request,
  tolerate,
}) => {
  tolerate(/503|401|400 .*\/users\/token/);
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Your bike is ready.');
  await person.call(number, 'Ada');
  await enter(page, person);
  await openThread(page, number);
  const card = await openContact(page);
  await card.getByRole('button', { name: 'Edit' }).click();
  const name = card.getByLabel('Name');
  await name.fill(NAME);
  let calls = 0;
  await page.route('**/api/contacts/*', async (route) => {
    if (route.request().method() !== 'PUT') return route.fallback();
    calls += 1;
    const problem = { status: 503, code: 'database_unavailable' };
    return route.fulfill({ status: 503, json: problem });
  });
  await name.press('Enter');
  await expect(card.getByRole('alert').filter({ hasText: 'Not saved.' })).toContainText(
    "The server can't reach its database at the moment.",
  );
  await expect(name).toHaveValue(NAME);

  await person.call(number, 'Ada King');
  await expect(card.getByText('changed elsewhere')).toBeVisible();
  await expect(name).toHaveValue(NAME);
  expect(calls).toBe(1);
  await page.unroute('**/api/contacts/*');

  await name.press('Escape');
  await expect(card).toBeHidden();
  await openContact(page);
  await expect(name).toHaveValue(NAME);

  // The API knows its token no more.
  await page.evaluate(() => {
    const session = JSON.parse(localStorage.getItem('mysms.session') ?? '{}') as object;
    const expired = { ...session, refreshToken: 'not-a-token-of-ours' };
    localStorage.setItem('mysms.session', JSON.stringify(expired));
  });
  await page.reload();
  await expect(page.getByText('Your session has ended.')).toBeVisible();
  await fillSignIn(page, person.email);
  await expect(name).toHaveValue(NAME);
  await expect(card.getByText('changed elsewhere')).toBeVisible();
  await card.getByRole('button', { name: 'Save' }).click();
  await expect(card.getByRole('heading', { name: NAME })).toBeVisible();
  await page.reload();
  await expect(card.getByRole('heading', { name: NAME })).toBeVisible();
  await expect(name).toBeHidden();
});

test('a contact says that somebody has opted out, and takes the place of the details', async ({
  page,
  request,
  phone,
}) => {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Your bike is ready.');
  await person.call(number, NAME);
  await phone.write(number, 'STOP');
  await enter(page, person);
  await openThread(page, number);
  await openDetails(page, bubble(page, 'Your bike is ready.'));
  const card = await openContact(page);
  await expect(page.getByRole('dialog')).toHaveCount(1);
  await expect(card.getByText('Opted out')).toBeVisible();
  await expect(card).toContainText(`${NAME} replied STOP`);
  await page.goBack();
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('an opt-out is recorded by hand with a reason, and undone', async ({
  page,
  request,
  phone,
  tolerate,
}) => {
  tolerate(/status of 503/);
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Your bike is ready.');
  await enter(page, person);
  await openThread(page, number);
  const card = await openContact(page);
  const ask = card.getByRole('button', { name: 'Stop sending to them…' });
  await ask.click();
  const reason = card.getByRole('textbox', { name: 'Reason' });
  await expect(reason).toBeFocused();
  const stop = card.getByRole('button', { name: 'Stop sending', exact: true });
  await stop.click();
  await expect(card.getByText("Reason can't be blank")).toBeVisible();
  await card.getByRole('button', { name: 'Cancel' }).click();
  await expect(ask).toBeFocused();

  await ask.click();
  await expect(card.getByText("can't be blank")).toBeHidden();
  await reason.fill('Asked for it on the phone.');
  const { violations } = await axe(page).include('.side-panel').analyze();
  expect(violations).toEqual([]);
  await page.route('**/api/opt_outs/*', (route) =>
    route.request().method() === 'PUT' ? route.fulfill({ status: 503 }) : route.fallback(),
  );
  const readAgain = page.waitForResponse(
    (response) => response.url().includes('/api/opt_outs/') && response.ok(),
  );
  await stop.click();
  await readAgain;
  await expect(card.getByRole('alert').filter({ hasText: /\w/ })).toBeVisible();
  await expect(reason).toHaveValue('Asked for it on the phone.');
  await page.unroute('**/api/opt_outs/*');
  await stop.click();
  const undo = card.getByRole('button', { name: 'Allow messages' });
  await expect(undo).toBeFocused();
  await expect(undo).toHaveAccessibleDescription(/stopped by hand: .*Asked for it on the phone\./);
  await expect(composer(page)).toBeHidden();

  await undo.click();
  await expect(ask).toBeFocused();
  await expect(card).toContainText('They have not opted out.');
  await expect(composer(page)).toBeVisible();

  // Who has opted out alone undoes it.
  await phone.write(number, 'STOP');
  await expect(card).toContainText('replied STOP');
  await expect(ask).toBeHidden();
  await expect(undo).toBeHidden();
});

for (const what of ['an opt-out', 'a contact']) {
  test(`${what} is stored although the card is closed meanwhile`, async ({ page, request }) => {
    const person = await newPerson(request);
    const number = newNumber();
    await person.write(number, 'Your bike is ready.');
    await enter(page, person);
    await openThread(page, number);
    let answer = (): void => undefined;
    const closed = new Promise<void>((resolve) => (answer = resolve));
    await page.route(/\/api\/(opt_outs|contacts)\/%2B/, async (route) => {
      if (route.request().method() === 'PUT') await closed;
      await route.fallback();
    });
    const card = await openContact(page);
    if (what === 'an opt-out') {
      await card.getByRole('button', { name: 'Stop sending to them…' }).click();
      await card.getByRole('textbox', { name: 'Reason' }).fill('Asked for it on the phone.');
      await card.getByRole('button', { name: 'Stop sending', exact: true }).click();
    } else {
      await card.getByRole('button', { name: 'Add name' }).click();
      await card.getByLabel('Name').fill(NAME);
      await card.getByRole('button', { name: 'Save' }).click();
    }
    await card.getByRole('button', { name: 'Close' }).click();
    await expect(card).toBeHidden();
    answer();
    const thread = page.locator('.thread');
    if (what === 'an opt-out') await expect(composer(page)).toBeHidden();
    else await expect(thread.getByRole('heading', { level: 1 })).toHaveText(NAME);
  });
}

for (const [width, height] of [
  [320, 640],
  [390, 844],
  [1440, 900],
] as const) {
  test.describe(`${width} px wide`, () => {
    test.use({ viewport: { width, height }, hasTouch: width < 720, isMobile: width < 720 });

    test('a contact with long and Arabic words fits, and all of it can be used', async ({
      page,
      request,
    }) => {
      const person = await newPerson(request);
      const number = newNumber();
      await person.write(number, 'Your bike is ready.');
      await person.call(number, 'x'.repeat(100));
      await enter(page, person);
      await openThread(page, number);
      const card = await openContact(page);
      const isNarrow = () =>
        page.evaluate(() => {
          const { scrollWidth, clientWidth } = document.documentElement;
          const panel = document.querySelector('.side-panel');
          return scrollWidth <= clientWidth && panel?.scrollWidth === panel?.clientWidth;
        });
      await expect(card.getByRole('heading', { name: 'x'.repeat(100) })).toBeVisible();
      expect(await isNarrow()).toBe(true);
      await card.getByRole('button', { name: 'Edit' }).click();
      await card.getByLabel('Name').fill(ARABIC);
      await card.getByLabel('Note').fill('y'.repeat(500));
      await card.getByLabel('Add a label').fill(`${'z'.repeat(40)},`);
      await card.getByRole('combobox').selectOption('Other');
      expect(await isNarrow()).toBe(true);
      if (width < 720) {
        const controls = card
          .locator('input, textarea, select, button, a')
          .filter({ visible: true });
        for (const control of await controls.all()) {
          const { height: high = 0, width: wide = 0 } = (await control.boundingBox()) ?? {};
          expect
            .soft(Math.min(high, wide), await control.evaluate((e) => e.outerHTML))
            .toBeGreaterThanOrEqual(43.9);
        }
        const size = await card.getByLabel('Name').evaluate((e) => getComputedStyle(e).fontSize);
        expect(Number.parseFloat(size)).toBeGreaterThanOrEqual(16);
      }
      await card.getByLabel('When').fill('2026-03-03T10:30');
      await card.getByLabel('Proof of consent').fill('w'.repeat(200));
      const { violations } = await axe(page).analyze();
      expect(violations).toEqual([]);
      await card.getByRole('button', { name: 'Save' }).click();
      const heading = card.getByRole('heading', { name: ARABIC });
      await expect(heading).toBeVisible();
      expect(await heading.evaluate((e) => getComputedStyle(e).direction)).toBe('rtl');
      expect(await isNarrow()).toBe(true);
      expect((await axe(page).analyze()).violations).toEqual([]);
      await card.getByRole('button', { name: 'Close' }).click();
      await expect(composer(page)).toBeVisible();
    });
  });
}
