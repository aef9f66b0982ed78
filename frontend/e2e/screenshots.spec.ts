import {
  beginPasswordChange,
  bubble,
  expect,
  newPerson,
  openSettings,
  PASSWORD,
  signIn,
  test,
} from './fixtures';

const SIZES = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
};

const ADA = '+1 500 555 1002';
const JONAS = '+49 30 901820';
const OTHERS = [
  ['+81 3 4520 0100', 'See you in Tokyo!'],
  [JONAS, 'Danke, bis Montag!'],
  ['+1 500 555 0001', 'Is this number right?'],
  ['+44 20 7946 0958', 'The parcel is with your neighbour at 14.'],
] as const;
const CONFIRMED = 'Your table for four is confirmed: Sunday at 19:30.';
const ANSWER = 'Wonderful! Can we park there?';
const TO_ADA = [
  ['Yes, behind the house. And the kitchen asks about allergies.', 'sent'],
  ['Would you like the tasting menu?', 'undelivered'],
  ['We look forward to Sunday!', 'queued'],
] as const;

// In turn: an answer goes to whoever wrote last.
test.describe.configure({ mode: 'default' });

/** Screenshots of the main states for a human to look at, in test-results/screenshots. */
for (const colorScheme of ['light', 'dark'] as const) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test.describe(`${size}, ${colorScheme}`, () => {
      test.use({ colorScheme, viewport, contextOptions: { reducedMotion: 'reduce' } });

      test('screenshots', async ({ page, request, phone }) => {
        const person = await newPerson(request);
        const { email } = person;
        const picture = (name: string): Promise<Buffer> =>
          page.screenshot({ path: `test-results/screenshots/${name}-${size}-${colorScheme}.png` });

        await page.goto('/sign-in');
        await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
        await picture('sign-in');
        await signIn(page, email);
        await expect(
          page.getByRole('heading', { name: 'Send a text, see it arrive' }),
        ).toBeVisible();
        await picture('empty');

        await person.call(e164(ADA), 'Ada Lovelace');
        await person.call(e164(JONAS), 'Jonas Weber');
        for (const [number, text] of OTHERS) await person.write(number, text);
        await person.write(ADA, CONFIRMED);
        await phone.report(CONFIRMED, 'delivered');
        await phone.write(ADA, ANSWER);
        const read = page.waitForResponse(/\/read$/);
        await page.goto(`/messages/${encodeURIComponent(e164(ADA))}`);
        await read;
        await page.goto('/messages');
        for (const [text, status] of TO_ADA) {
          await person.write(ADA, text);
          await phone.report(text, status);
        }
        await phone.write(JONAS, 'Bringst du das Werkzeug mit?');
        await expect(page.locator('.conversation-row').first()).toContainText('Werkzeug');
        await page.reload();
        await expect(page.getByRole('heading', { name: 'Message History (10)' })).toBeAttached();
        await expect(page.locator('.conversation-row').first()).toContainText('1 unread message');
        await picture('list');
        await page.goto('/log');
        await expect(page.locator('app-log-row')).toHaveCount(10);
        await picture('log');
        await page.goto('/messages/new');
        await page.getByLabel('Phone number').fill(`${OTHERS[0][0]},${OTHERS[1][0]}`);
        await expect(page.getByRole('option')).toBeVisible();
        await picture('new');
        await page.goto(`/messages/${encodeURIComponent(e164(ADA))}`);
        await expect(bubble(page, 'tasting menu')).toContainText('Not delivered');
        await page
          .getByRole('textbox', { name: 'Message' })
          .fill('See you on Sunday – bring your appetite');
        await picture('thread');
        await bubble(page, 'tasting menu')
          .getByRole('button', { name: /^Actions on/ })
          .click();
        await expect(page.getByRole('menuitem', { name: 'Details' })).toBeVisible();
        await picture('message-menu');
        await page.getByRole('menuitem', { name: 'Details' }).click();
        await expect(page.getByRole('dialog', { name: 'Message details' })).toContainText('SID');
        await picture('message-details');
        await page.keyboard.press('Escape');

        await request.post('/users/sign_in', {
          headers: { 'User-Agent': 'Mozilla/5.0 (iPhone) Safari/605.1.15' },
          data: { user: { email, password: PASSWORD } },
        });
        // An open conversation has the whole screen of a phone.
        await page.goto('/messages');
        await openSettings(page, 'Security');
        await expect(page.getByRole('listitem').filter({ hasText: 'This device' })).toBeVisible();
        await picture('security');
        await beginPasswordChange(page);
        await page.getByLabel('New password', { exact: true }).fill('short');
        await page.getByLabel('Confirm new password').focus();
        await picture('security-password');
        await openSettings(page, 'Account');
        await picture('account');
        await page.getByRole('button', { name: 'Delete account…' }).click();
        await page.getByLabel('Your password, to confirm').focus();
        await picture('account-deletion');
        await openSettings(page, 'Help');
        await picture('help');
        await page.goto('/nowhere');
        await expect(page.getByRole('heading', { name: "This page doesn't exist" })).toBeVisible();
        await picture('not-found');
      });
    });
  }
}

function e164(number: string): string {
  return number.replaceAll(' ', '');
}
