import {
  beginPasswordChange,
  bubble,
  expect,
  newEmail,
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
const OTHERS = [
  ['+81 3 4520 0100', 'See you in Tokyo!'],
  ['+49 30 901820', 'Danke, bis Montag!'],
  ['+1 500 555 0001', 'Is this number right?'],
  ['+44 20 7946 0958', 'The parcel is with your neighbour at 14.'],
] as const;
const TO_ADA = [
  ['Your table for four is confirmed, see you at 19:30. Parking is behind the house.', 'delivered'],
  ['One more thing: the kitchen asks about allergies.', 'sent'],
  ['And would you like the tasting menu?', 'undelivered'],
  ['We look forward to Sunday!', 'queued'],
] as const;

/** Screenshots of the main states for a human to look at, in test-results/screenshots. */
for (const colorScheme of ['light', 'dark'] as const) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test.describe(`${size}, ${colorScheme}`, () => {
      test.use({ colorScheme, viewport, contextOptions: { reducedMotion: 'reduce' } });

      test('screenshots', async ({ page, request, phone }) => {
        const email = newEmail();
        const user = { email, password: PASSWORD, password_confirmation: PASSWORD };
        const signedUp = await request.post('/users', { data: { user } });
        const { access_token } = (await signedUp.json()) as { access_token: string };
        const picture = (name: string): Promise<Buffer> =>
          page.screenshot({ path: `test-results/screenshots/${name}-${size}-${colorScheme}.png` });
        const send = async (recipient_number: string, content: string): Promise<void> => {
          await request.post('/api/messages', {
            headers: { Authorization: `Bearer ${access_token}` },
            data: { message: { recipient_number, content } },
          });
        };

        await page.goto('/sign-in');
        await expect(page.getByRole('heading', { name: 'Welcome back' })).toBeVisible();
        await picture('sign-in');
        await signIn(page, email);
        await expect(
          page.getByRole('heading', { name: 'Send a text, see it arrive' }),
        ).toBeVisible();
        await picture('empty');

        for (const [number, text] of OTHERS) await send(number, text);
        for (const [text, status] of TO_ADA) {
          await send(ADA, text);
          await phone.report(text, status);
        }
        await page.reload();
        await expect(page.getByRole('heading', { name: 'Message History (8)' })).toBeAttached();
        await picture('list');
        await page.goto('/log');
        await expect(page.locator('app-log-row')).toHaveCount(8);
        await picture('log');
        await page.goto('/messages/new');
        await page.getByLabel('Phone number').fill(`${OTHERS[0][0]},${OTHERS[1][0]}`);
        await expect(page.getByRole('option')).toBeVisible();
        await picture('new');
        await page.goto(`/messages/${encodeURIComponent(ADA.replaceAll(' ', ''))}`);
        await expect(bubble(page, 'tasting menu')).toContainText('Not delivered');
        await page
          .getByRole('textbox', { name: 'Message' })
          .fill('See you on Sunday – bring your appetite');
        await picture('thread');
        await bubble(page, 'tasting menu')
          .getByRole('button', { name: /^Actions on/ })
          .click();
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
