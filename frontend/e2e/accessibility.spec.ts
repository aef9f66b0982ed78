import { APIRequestContext, Page } from '@playwright/test';
import {
  PASSWORD,
  announceVersion,
  axe,
  bubble,
  composer,
  expect,
  fillSignIn,
  newEmail,
  newNumber,
  openDetails,
  openNew,
  pasteText,
  beginPasswordChange,
  openSettings,
  shareText,
  signUp,
  test,
} from './fixtures';
import { EMAIL, WITH_SECOND_FACTOR, generateApi } from './generated-api';

const ADA = '+1 500 555 1002';
/** The simulated provider responds with 429 to every message to this number. */
const BUSY = '+1 500 555 1007';
const INVALID = '+1 500 555 0001';

const VARIANTS = {
  'desktop, light': { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  'desktop, dark': { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  'phone, light': { colorScheme: 'light', viewport: { width: 390, height: 844 } },
  'phone, dark': { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
  'forced colours, 320 px wide': {
    colorScheme: 'dark',
    viewport: { width: 320, height: 640 },
    contextOptions: { forcedColors: 'active', reducedMotion: 'reduce' },
  },
} as const;

/** The violations that axe finds, and whether anything sticks out sideways. */
async function check(page: Page, state: string): Promise<void> {
  await test.step(state, async () => {
    // Not in the middle of a transition.
    await page.evaluate(() =>
      Promise.all(
        document
          .getAnimations()
          .filter((animation) => animation.effect?.getComputedTiming().iterations !== Infinity)
          .map(({ finished }) => finished.catch(() => undefined)),
      ),
    );
    const { violations } = await axe(page).analyze();
    const found = violations.flatMap(({ id, nodes }) =>
      nodes.map(
        ({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary ?? ''}`,
      ),
    );
    expect.soft(found, state).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect.soft(overflow, `${state}: too wide by`).toBeLessThanOrEqual(0);
  });
}

/** A number for which the simulated provider fails each time, before it accepts the message. */
async function numberThatStaysUnconfirmed(request: APIRequestContext): Promise<string> {
  const number = `+1415555${String(Math.floor(Math.random() * 9000) + 1000)}`;
  const control = `${process.env['E2E_SIMULATOR_URL'] ?? ''}/_control`;
  const answer = await request.post(`${control}/faults`, {
    data: { kind: 'error_500', to: number },
  });
  expect(answer.ok()).toBe(true);
  return number;
}

async function open(page: Page, number: string): Promise<void> {
  await page.goto(`/messages/${encodeURIComponent(number.replaceAll(' ', ''))}`);
}

/** Signs a new account in, and returns how it sends messages without the page. */
async function signInAnew(
  page: Page,
  request: APIRequestContext,
): Promise<{ email: string; send: (to: string, content: string) => Promise<void> }> {
  const email = newEmail();
  const user = { email, password: PASSWORD, password_confirmation: PASSWORD };
  const signedUp = await request.post('/users', { data: { user } });
  const { access_token } = (await signedUp.json()) as { access_token: string };
  await page.goto('/sign-in');
  await fillSignIn(page, email);
  await expect(page.getByRole('heading', { name: 'Send a text, see it arrive' })).toBeVisible();
  return {
    email,
    send: async (recipient_number, content) => {
      await request.post('/api/messages', {
        headers: { Authorization: `Bearer ${access_token}` },
        data: { message: { recipient_number, content } },
      });
    },
  };
}

// Each check of a page takes seconds.
test.describe.configure({ timeout: 240_000 });

for (const [variant, options] of Object.entries(VARIANTS)) {
  test.describe(variant, () => {
    test.use(options);

    test('sign-in and sign-up', async ({ page, tolerate }) => {
      tolerate(/401 .*\/users\/sign_in/);
      await page.goto('/sign-in');
      await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
      await check(page, 'sign in');
      await fillSignIn(page, newEmail());
      await expect(page.getByRole('alert')).toHaveText('Email and password do not match.');
      await check(page, 'sign in, refused');

      await page.goto('/sign-up');
      await page.getByLabel('Password', { exact: true }).fill('short');
      await page.getByLabel('Confirm password').fill('other');
      await page.getByRole('button', { name: 'Create account' }).click();
      await expect(page.getByText('Email can')).toBeVisible();
      await check(page, 'sign up, with errors');
      await page.route('**/users/sign_up', (route) => route.fulfill({ json: { mode: 'closed' } }));
      await page.reload();
      await expect(page.getByRole('heading', { name: 'Sign-up is closed' })).toBeVisible();
      await check(page, 'sign up, closed');
      await page.goto('/nowhere');
      await expect(page.getByRole('heading', { name: "This page doesn't exist" })).toBeVisible();
      await check(page, 'an address that no page has, signed out');
    });

    test('two-step sign-in and the reset of a password', async ({ page, tolerate }) => {
      tolerate(/401|422/);
      await generateApi(page, { conversations: 0, messages: 0 });
      await page.goto('/sign-in');
      await fillSignIn(page, WITH_SECOND_FACTOR);
      await expect(page.getByLabel('Six-digit code')).toBeFocused();
      await check(page, 'the step for the code');
      await page.getByRole('button', { name: 'Use a recovery code' }).click();
      await page.getByRole('button', { name: 'Continue' }).click();
      await expect(page.getByText("This code can't be blank")).toBeVisible();
      await check(page, 'the step for the code, by a recovery code');

      await page.goto('/forgot-password');
      await page.getByLabel('Email').fill(EMAIL);
      await check(page, 'a forgotten password');
      await page.getByRole('button', { name: 'Send the link' }).click();
      await expect(page.getByRole('heading', { name: 'Check your mail' })).toBeFocused();
      await check(page, 'a mail on its way');
      await page.goto('/reset-password#token');
      const password = page.getByLabel('New password', { exact: true });
      for (const [text, words] of [
        ['password', 'Very weak'],
        ['mysms messenger lee', 'Fair'],
        [PASSWORD, 'Strong'],
      ] as const) {
        await password.fill(text);
        await expect(page.getByText(new RegExp(`^${words}`))).toBeVisible();
        await check(page, `a new password: ${words}`);
      }
      await page.getByLabel('Confirm new password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Change password' }).click();
      await expect(page.getByRole('link', { name: 'Ask for a new link' })).toBeVisible();
      await check(page, 'a link that does not work any more');

      await page.goto('/sign-in');
      await fillSignIn(page, EMAIL);
      await openSettings(page, 'Security');
      const panel = page.getByRole('region', { name: 'Two-step sign-in' });
      await panel.getByRole('button', { name: 'Set up…' }).click();
      await panel.getByLabel('Your password, to confirm').fill(PASSWORD);
      await check(page, 'the password for two-step sign-in');
      await panel.getByRole('button', { name: 'Set up' }).click();
      await expect(panel.getByRole('img', { name: 'QR code' })).toBeVisible();
      await expect(panel.getByRole('heading', { level: 3 })).toBeFocused();
      await check(page, 'two-step sign-in to be set up');
      await panel.getByLabel('Six-digit code from the app').fill('123456');
      await panel.getByRole('button', { name: 'Turn on' }).click();
      await expect(panel.getByRole('heading', { level: 3 })).toHaveText('Your recovery codes');
      await check(page, 'the recovery codes');
      await panel.getByRole('button', { name: 'I have saved them' }).click();
      await expect(panel).toContainText('10 recovery codes are left.');
      await check(page, 'two-step sign-in');
    });

    test('a new version, and a text that another app has shared', async ({ page }) => {
      await generateApi(page, { conversations: 12, messages: 8 });
      await page.goto('/sign-in');
      await fillSignIn(page, EMAIL);
      await expect(page.locator('.conversation-row')).toHaveCount(12);
      await announceVersion(page);
      await check(page, 'a new version');
      await page.getByRole('button', { name: 'Later' }).click();
      await expect(page.getByRole('button', { name: 'Later' })).toHaveCount(0);
      await shareText(page, 'Look at this\nhttps://example.com/');
      await page.goto('/messages/new');
      await expect(composer(page)).toHaveValue('Look at this\nhttps://example.com/');
      await check(page, 'a new message with a shared text');
    });

    test('no messages yet, the list and its notices', async ({ page, request, phone }) => {
      const { send } = await signInAnew(page, request);
      await page.getByLabel('Phone number').fill('12');
      await page.getByRole('button', { name: 'Start writing' }).click();
      await expect(page.getByText('must begin with + and the country code')).toBeVisible();
      await check(page, 'no messages yet, and a number that cannot be one');
      await page.goto('/messages/new');
      const number = page.getByRole('combobox');
      await number.fill('+1 415 555 2671,+41 79 123 45 67');
      await expect(page.getByRole('option')).toBeVisible();
      await check(page, 'a new message, with what a number means');
      await pasteText(
        number,
        'Customer\tName\tPhone\n4711\tAda\t+41 79 123 45 67\n4712\tBob\t030 90',
      );
      await expect(page.getByRole('checkbox', { name: 'Phone' })).toBeFocused();
      await check(page, 'a pasted table');
      await page.keyboard.press('Escape');
      await expect(number).toBeFocused();
      await number.fill('12');
      await page.getByRole('textbox', { name: 'Message', exact: true }).fill('Wrong – number');
      await page.getByRole('button', { name: 'Send', exact: true }).click();
      await expect(page.getByText('must begin with + and the country code')).toBeVisible();
      await check(page, 'a new message, and a number that cannot be one');

      await send(INVALID, 'Is this number right?');
      const answering = newNumber();
      await send(answering, 'Are you in?');
      await phone.write(answering, 'Just back');
      await phone.write(answering, 'Come over');
      await page.goto('/messages');
      await expect(page.getByRole('heading', { name: 'Message History (4)' })).toBeAttached();
      await expect(page.locator('.conversation-row')).toContainText(['2 unread messages']);
      await check(page, 'the list');
      const unread = page.locator('.conversation-row').filter({ hasText: '2 unread messages' });
      await unread.focus();
      await page.keyboard.press('m');
      await expect(page.getByText('Conversation muted')).toBeVisible();
      await expect(unread).toContainText('Muted');
      // It stays while it is pointed at.
      await page.locator('app-undo-notice').hover();
      await check(page, 'the list, after muting');
      await page.keyboard.press('z');
      await expect(unread).not.toContainText('Muted');
      await page.goto('/messages?archived=true');
      await expect(page.getByText('No archived conversations.')).toBeVisible();
      await check(page, 'an empty archive');
      await open(page, INVALID);
      // Not by a key: the composer may take the focus in between, once it is loaded.
      await page.getByRole('button', { name: 'More actions' }).click();
      await expect(page.getByRole('menuitem', { name: 'Archive' })).toBeFocused();
      await check(page, 'the actions on the open conversation');
      await page.getByRole('menuitem', { name: 'Jump to a date…' }).press('Enter');
      await expect(page.getByRole('textbox', { name: 'Date' })).toBeFocused();
      await check(page, 'the question for a date');
      await page.keyboard.press('Escape');
      await expect(page.getByRole('button', { name: 'More actions' })).toBeFocused();
      await page.keyboard.press('Enter');
      await page.getByRole('menuitem', { name: 'Archive' }).press('Enter');
      await expect(page.getByRole('button', { name: 'Undo' })).toBeFocused();
      await expect(page.getByRole('link', { name: /^Archived/ })).toBeVisible();
      await check(page, 'the list, after archiving');
      await page.getByRole('link', { name: /^Archived/ }).click();
      await expect(page.locator('.conversation-row')).toHaveCount(1);
      await check(page, 'the archive');
      await page.locator('.conversation-row').click();
      await page.getByRole('button', { name: 'More actions' }).click();
      await page.getByRole('menuitem', { name: 'Unarchive' }).click();
      await expect(page.getByText('Conversation unarchived')).toBeVisible();
    });

    test('threads, details, search and the log', async ({ page, request, phone }) => {
      const { email, send } = await signInAnew(page, request);
      const nobodyKnows = await numberThatStaysUnconfirmed(request);
      await send(nobodyKnows, 'Is it there?');
      await send(BUSY, 'Whenever you can');
      await send(INVALID, 'Is this number right?');
      for (const status of ['queued', 'sent', 'delivered', 'undelivered']) {
        await send(ADA, `${status} of ${email}`);
        await phone.report(`${status} of ${email}`, status);
      }
      const answering = newNumber();
      await send(answering, 'Are you in?');
      await phone.write(answering, 'Just back');
      await phone.write(answering, 'Come over');

      await open(page, answering);
      await expect(
        page.getByRole('log').getByRole('heading', { name: 'New messages' }),
      ).toBeVisible();
      await check(page, 'a thread: with what is new');
      await open(page, ADA);
      for (const [status, shown] of [
        ['queued', 'Queued'],
        ['sent', 'Sent'],
        ['delivered', 'Delivered'],
        ['undelivered', 'Not delivered'],
      ] as const) {
        await expect(bubble(page, `wrote:${status} of`)).toContainText(shown);
      }
      await check(page, 'a thread: queued, sent, delivered, not delivered');
      await page
        .getByRole('button', { name: /^Actions on/ })
        .first()
        .click();
      await expect(page.getByRole('menu')).toBeVisible();
      await check(page, 'the actions on a message');
      await page.keyboard.press('Escape');
      await open(page, INVALID);
      await expect(bubble(page, 'Is this number right?')).toContainText('Not sent');
      await check(page, 'a thread: refused');
      await open(page, BUSY);
      await expect(bubble(page, 'Whenever you can')).toContainText('Waiting to be sent');
      await check(page, 'a thread: waiting');
      await open(page, nobodyKnows);
      await expect(bubble(page, 'Is it there?')).toContainText('Checking whether it was sent');
      await check(page, 'a thread: unconfirmed');
      await page.getByRole('button', { name: 'Send again anyway…' }).click();
      await expect(page.getByRole('button', { name: 'Keep waiting' })).toBeVisible();
      await check(page, 'a thread: about to be sent twice');

      await open(page, ADA);
      const details = await openDetails(page, page.locator('app-message-bubble').last());
      await expect(details).toContainText('SID');
      await check(page, 'the details of a message');
      await page.keyboard.press('Escape');

      await page.goto('/log');
      await expect(page.locator('app-log-row')).toHaveCount(10);
      await check(page, 'the log');
      await page.goto('/log?period=dates&from=2026-11-01&status=failed&code=30003&search=Ada');
      await expect(page.getByRole('heading', { name: 'No messages match' })).toBeVisible();
      await check(page, 'the log, with filters that nothing matches');

      await page.goto('/messages');
      const search = page.getByRole('searchbox', { name: 'Search people and messages' });
      await search.fill('number right');
      await expect(page.getByText('1 message found')).toBeAttached();
      await check(page, 'search results');
      await search.fill('nowhere to be found');
      await expect(page.getByText('No results for')).toBeVisible();
      await check(page, 'nothing found');

      await search.fill('');
      await page.evaluate(() => {
        Storage.prototype.setItem = () => {
          throw new DOMException('It is full.', 'QuotaExceededError');
        };
      });
      await openNew(page);
      await composer(page).fill('No room for this');
      await expect(page.getByRole('alert')).toContainText('no space left');
      await check(page, 'a new message while storage is full');
    });

    test('contacts', async ({ page, request, phone, tolerate }) => {
      tolerate(/503 .*\/contacts\/import/);
      const { send } = await signInAnew(page, request);
      const answering = newNumber();
      await send(answering, 'Are you in?');
      await phone.write(answering, 'Just back');
      await send(ADA, 'Will you join us?');
      await open(page, ADA);
      await page.getByRole('button', { name: 'Contact', exact: true }).click();
      const card = page.getByRole('dialog', { name: 'Contact' });
      await expect(card.getByRole('button', { name: 'Add name' })).toBeVisible();
      await check(page, 'a number without a contact');
      await card.getByRole('button', { name: 'Add name' }).click();
      await card.getByLabel('Add a label').fill('customer,');
      await card.getByRole('combobox').selectOption('Web form');
      await card.getByRole('button', { name: 'Save' }).click();
      await expect(card.getByText("Name can't be blank.")).toBeVisible();
      await check(page, 'a contact, with what is wrong');
      await card.getByLabel('Name').fill('Ada Lovelace');
      await card.getByLabel('Note').fill('Prefers mornings.');
      await card.getByLabel('When').fill('2026-03-03T10:30');
      await card.getByLabel('Proof of consent').fill('example.com/join');
      await card.getByRole('button', { name: 'Save' }).click();
      await expect(card.getByRole('heading', { name: 'Ada Lovelace' })).toBeVisible();
      await check(page, 'a contact');
      await card.getByRole('button', { name: 'Remove contact…' }).click();
      await expect(page.getByRole('alertdialog')).toBeVisible();
      await check(page, 'a contact, about to be removed');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');

      await page.goto('/contacts');
      await expect(page.getByRole('list', { name: 'Your contacts' })).toContainText('Ada Lovelace');
      await check(page, 'the contacts');
      await page.getByRole('searchbox', { name: 'Search your contacts' }).fill('nobody');
      await expect(page.getByRole('heading', { name: 'No contacts match' })).toBeVisible();
      await check(page, 'no contact found');
      await page.goto(`/contacts/${ADA}`);
      await expect(page.getByRole('heading', { name: 'Ada Lovelace' })).toBeVisible();
      await check(page, 'a contact, as a page');
      await page.getByRole('button', { name: 'Edit' }).click();
      await page.getByLabel('Name').fill(' ');
      await page.getByLabel('Add a label').fill('customer,vip,');
      await page.getByRole('button', { name: 'Save' }).click();
      await expect(page.getByText("Name can't be blank.")).toBeVisible();
      await check(page, 'a contact, as a form on its page, with what is wrong');
      await page.getByLabel('Name').fill('Ada Lovelace');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('button', { name: 'Remove contact…' }).click();
      await expect(page.getByRole('alertdialog')).toBeVisible();
      await check(page, 'a contact, about to be removed from its page');
      await page.keyboard.press('Escape');
      await page.goto(`/contacts/${answering}`);
      await expect(page.getByRole('button', { name: 'Add name' })).toBeVisible();
      await check(page, 'a number without a contact, as a page');
      await page.getByRole('button', { name: 'Add name' }).click();
      await page.getByLabel('Name').fill('Bob');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('button', { name: 'Stop sending to them…' }).click();
      await page.getByRole('textbox', { name: 'Reason' }).fill('Asked for it on the phone.');
      await page.getByRole('button', { name: 'Stop sending', exact: true }).click();
      await expect(page.getByRole('button', { name: 'Allow messages' })).toBeVisible();
      await page.goto('/contacts');
      const contacts = page.getByRole('list', { name: 'Your contacts' }).getByRole('link');
      await expect(contacts).toHaveText([/Labels: customer, vip/, /Bob.*Opted out/]);
      await check(page, 'the contacts, with labels and an opt-out');
      await page.goto('/contacts/new');
      await page.getByRole('button', { name: 'Continue' }).click();
      await expect(page.getByText("Number can't be blank.")).toBeVisible();
      await check(page, 'a new contact, with what is wrong');
      await page.goto('/contacts/import');
      await expect(page.getByText('Choose a file')).toBeVisible();
      await check(page, 'an import');
      const table = Buffer.from('Name,Phone\nBob,+1 415 555 2672\nEve,call me\n');
      const file = { name: 'people.csv', mimeType: 'text/csv', buffer: table };
      await page.locator('app-contact-import input').setInputFiles(file);
      await expect(page.getByRole('button', { name: 'Import 1 contact' })).toBeVisible();
      await check(page, 'an import, with what it changes');
      await page.route('**/api/contacts/import?*', (route) => route.fulfill({ status: 503 }));
      await page.getByRole('combobox', { name: 'What “Name” is' }).selectOption('Note');
      await expect(page.getByRole('alert').filter({ hasText: 'last change' })).toBeVisible();
      await check(page, 'an import that could not be checked');
      await page.unroute('**/api/contacts/import?*');
      await page.getByRole('combobox', { name: 'What “Name” is' }).selectOption('Name');
      await page.getByRole('button', { name: 'Import 1 contact' }).click();
      await expect(page.getByRole('heading', { name: '1 contact imported' })).toBeVisible();
      await check(page, 'an import that is done');
    });

    test('menus, help, connection problems, settings and an unknown address', async ({
      page,
      context,
      tolerate,
    }) => {
      tolerate(/ERR_INTERNET_DISCONNECTED|ERR_FAILED|503 |40[01] /);
      await signUp(page);
      // In a text field, it would be a letter.
      await page.keyboard.press('Escape');
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog', { name: 'Help' })).toBeVisible();
      await check(page, 'help');
      await page.keyboard.press('Escape');
      // A phone has the same in its settings.
      const menu = page.getByRole('button', { name: /^Account of/ });
      if (await menu.isVisible()) {
        await menu.click();
        await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
        await check(page, 'the menu');
        await page.keyboard.press('Escape');
      }

      await context.setOffline(true);
      await expect(page.getByText("You're offline.")).toBeVisible();
      await check(page, 'offline');
      await context.setOffline(false);
      await expect(page.getByText("You're offline.")).toBeHidden();
      await page.route('**/api/**', (route) => route.abort());
      await expect(page.getByText("Can't reach the server.")).toBeVisible();
      await check(page, 'the API does not answer');
      await page.unroute('**/api/**');
      await page.route('**/users/token', (route) => route.fulfill({ status: 503 }));
      await page.reload();
      await expect(page.getByText('You stay signed in')).toBeVisible();
      await check(page, 'the session cannot be renewed');
      await page.unroute('**/users/token');
      await expect(page.getByText('You stay signed in')).toBeHidden();

      await page.getByRole('link', { name: 'Settings' }).click();
      await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
      await check(page, 'the settings');
      await openSettings(page, 'Security');
      await expect(page.getByRole('listitem').filter({ hasText: 'This device' })).toBeVisible();
      await check(page, 'security');
      await beginPasswordChange(page);
      const password = page.getByRole('region', { name: 'Password' });
      await password.getByLabel('New password', { exact: true }).fill('short');
      await password.getByRole('button', { name: 'Show new password' }).click();
      await password.getByRole('button', { name: 'Change password', exact: true }).click();
      await check(page, 'security, with errors');
      await openSettings(page, 'Notifications');
      await check(page, 'notifications, which nobody has allowed');
      await context.grantPermissions(['notifications']);
      await page.getByRole('switch', { name: 'New messages' }).check();
      await expect(page.getByRole('switch', { name: 'Sound' })).toBeChecked();
      await check(page, 'notifications');
      await context.clearPermissions();
      await openSettings(page, 'Help');
      await check(page, 'help, as a page');
      await openSettings(page, 'Account');
      await check(page, 'the account');
      await page.getByRole('button', { name: 'Delete account…' }).click();
      await expect(page.getByLabel('Your password, to confirm')).toBeFocused();
      await check(page, 'the account, about to be deleted');
      await page.goto('/log');
      await expect(page.getByRole('heading', { name: 'No messages yet' })).toBeVisible();
      await check(page, 'the log, empty');
      await page.goto('/contacts');
      await expect(page.getByRole('heading', { name: 'No contacts yet' })).toBeVisible();
      await check(page, 'the contacts, empty');
      let fail = (): void => undefined;
      let recover = (): void => undefined;
      const failing = new Promise<void>((resolve) => (fail = resolve));
      const recovering = new Promise<void>((resolve) => (recover = resolve));
      let isFailing = true;
      await page.route('**/api/contacts/changes?*', async (route) => {
        await failing;
        if (isFailing) return route.fulfill({ status: 503 });
        await recovering;
        return route.continue();
      });
      await page.reload();
      await expect(page.locator('.contacts__list app-skeleton')).toBeVisible();
      await check(page, 'the contacts, loading');
      fail();
      const problem = page.locator('.contacts__list').getByRole('alert');
      await expect(problem).toBeVisible();
      await check(page, 'the contacts, which cannot be loaded');
      isFailing = false;
      // What is retried by itself waits, too, or the button might be gone before it is pressed.
      await problem.getByRole('button', { name: 'Try again' }).click();
      recover();
      await expect(page.getByRole('heading', { name: 'No contacts yet' })).toBeVisible();
      await page.goto('/nowhere');
      await expect(page.getByRole('heading', { name: "This page doesn't exist" })).toBeVisible();
      await check(page, 'an address that no page has');
      await page.goto('/messages/new');
      await page.getByRole('textbox', { name: 'Message', exact: true }).fill('Half a thought');
      await openSettings(page, 'Security');
      await page.getByRole('button', { name: 'Sign out here' }).click();
      await expect(page.getByRole('alertdialog', { name: 'Sign out?' })).toBeVisible();
      await check(page, 'the question before a draft is deleted');
      await page.keyboard.press('Escape');

      // A token that the API does not know.
      await page.evaluate(() => {
        const session = JSON.parse(localStorage.getItem('mysms.session') ?? '{}') as object;
        localStorage.setItem(
          'mysms.session',
          JSON.stringify({ ...session, refreshToken: 'not-a-token-of-ours' }),
        );
      });
      await page.reload();
      await expect(page.getByText('Your session has ended.')).toBeVisible();
      await check(page, 'the session has ended');
    });
  });
}
