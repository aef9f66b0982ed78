import { readFile } from 'node:fs/promises';
import { Page } from '@playwright/test';
import { codeOf, nextCodeOf } from './authenticator-app';
import {
  PASSWORD,
  expect,
  fillSignIn,
  openSettings,
  signIn,
  signOut,
  signUp,
  test,
} from './fixtures';

const REFUSED = /(401 .*\/users\/sign_in|422 .*\/users\/second_factor)/;
const HOME = 'Send a text, see it arrive';

const panelOf = (page: Page) => page.getByRole('region', { name: 'Two-step sign-in' });

/** On the page for security. Returns the secret, and when its first code was used. */
async function setUp(page: Page): Promise<{ secret: string; at: number; codes: string[] }> {
  const panel = panelOf(page);
  await panel.getByRole('button', { name: 'Set up…' }).click();
  await panel.getByLabel('Your password, to confirm').fill(PASSWORD);
  await panel.getByRole('button', { name: 'Set up' }).click();
  await expect(panel.getByRole('img', { name: 'QR code' })).toBeVisible();
  const secret = await panel.locator('code').innerText();
  const at = Date.now();
  await panel.getByLabel('Six-digit code from the app').fill(codeOf(secret, at));
  await panel.getByRole('button', { name: 'Turn on' }).click();
  const list = panel.getByRole('group', { name: 'Recovery codes' });
  const codes = (await list.innerText()).split('\n');
  expect(codes).toHaveLength(10);
  return { secret, at, codes };
}

test('two-step sign-in is set up, asked for at sign-in, and turned off', async ({
  page,
  tolerate,
}) => {
  tolerate(REFUSED);
  const email = await signUp(page);
  await openSettings(page, 'Security');
  const panel = panelOf(page);
  await panel.getByRole('button', { name: 'Set up…' }).click();
  await expect(panel.getByLabel('Your password, to confirm')).toBeFocused();
  await page.keyboard.type('wrong horse');
  await page.keyboard.press('Enter');
  await expect(panel.getByLabel('Your password, to confirm')).toHaveAccessibleDescription(
    'Your password is invalid.',
  );
  await panel.getByRole('button', { name: 'Cancel' }).click();
  const { secret, at } = await setUp(page);
  await expect(panel.getByRole('status').filter({ hasText: /./ })).toHaveText(
    'Two-step sign-in is on.',
  );
  await panel.getByRole('button', { name: 'I have saved them' }).click();
  await expect(panel).toContainText('10 recovery codes are left.');
  await expect(panel).not.toContainText(secret);
  await signOut(page);

  // A wrong code keeps the step; the password is in no storage.
  await fillSignIn(page, email);
  const code = page.getByLabel('Six-digit code');
  await expect(page.getByRole('heading', { name: 'One more step' })).toBeVisible();
  await expect(code).toBeFocused();
  await expect(code).toHaveAccessibleDescription(
    'Enter the six-digit code from your authenticator app.',
  );
  await expect(code).toHaveAttribute('inputmode', 'numeric');
  await expect(code).toHaveAttribute('autocomplete', 'one-time-code');
  // The code of the set-up works once.
  await code.fill(codeOf(secret, at));
  await page.keyboard.press('Enter');
  await expect(code).toHaveAccessibleDescription('This code is not valid, or was used already.');
  await expect(code).toBeFocused();
  const kept = await page.evaluate(() =>
    JSON.stringify([localStorage, sessionStorage, history.state, location.href]),
  );
  expect(kept).not.toContain(PASSWORD);
  expect(kept).not.toContain(email);

  // A reload begins again, and loses nothing.
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await fillSignIn(page, email);
  await page.getByRole('button', { name: 'Not you?' }).click();
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
  await fillSignIn(page, email);
  const next = nextCodeOf(secret, at);
  await code.fill(`${next.slice(0, 3)} ${next.slice(3)}`);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('heading', { name: HOME })).toBeVisible();

  await openSettings(page, 'Security');
  await panel.getByRole('button', { name: 'Turn off…' }).click();
  await panel.getByLabel('Your password, to confirm').fill(PASSWORD);
  await panel.getByRole('button', { name: 'Turn off two-step sign-in' }).click();
  await expect(panel.getByRole('status')).toHaveText('Two-step sign-in is off.');
  await signOut(page);
  await fillSignIn(page, email);
  await expect(page.getByRole('heading', { name: HOME })).toBeVisible();
});

test('a recovery code signs in once, and new ones replace those before', async ({
  page,
  tolerate,
}) => {
  tolerate(REFUSED);
  const email = await signUp(page);
  await openSettings(page, 'Security');
  const panel = panelOf(page);
  const { codes } = await setUp(page);
  const downloaded = page.waitForEvent('download');
  await panel.getByRole('button', { name: 'Download' }).click();
  const file = await downloaded;
  expect(file.suggestedFilename()).toBe('my-sms-messenger-recovery-codes.txt');
  const text = await readFile(await file.path(), 'utf8');
  expect(text).toContain(`MySMS Messenger: recovery codes\n\nAccount: ${email}\nMade on: `);
  expect(text.trim().split('\n').slice(-codes.length)).toEqual(codes);
  await panel.getByRole('button', { name: 'I have saved them' }).click();
  await signOut(page);

  const signInWith = async (code: string): Promise<void> => {
    await page.getByRole('button', { name: 'Use a recovery code' }).click();
    await expect(page.getByLabel('Recovery code')).toBeFocused();
    await page.keyboard.type(` ${code.toUpperCase()} `);
    await page.keyboard.press('Enter');
  };
  await fillSignIn(page, email);
  await signInWith(codes[0] ?? '');
  await expect(page.getByRole('heading', { name: HOME })).toBeVisible();
  await openSettings(page, 'Security');
  await expect(panel).toContainText('9 recovery codes are left.');

  await panel.getByRole('button', { name: 'New recovery codes…' }).click();
  await panel.getByLabel('Your password, to confirm').fill(PASSWORD);
  await panel.getByRole('button', { name: 'Make new codes' }).click();
  const list = panel.getByRole('group', { name: 'Recovery codes' });
  const renewed = (await list.innerText()).split('\n');
  await panel.getByRole('button', { name: 'I have saved them' }).click();
  await expect(panel).toContainText('10 recovery codes are left.');
  await signOut(page);

  await signIn(page, email);
  await signInWith(codes[1] ?? '');
  await expect(page.getByLabel('Recovery code')).toHaveAccessibleDescription(
    'This code is not valid, or was used already.',
  );
  await page.getByLabel('Recovery code').fill(renewed[0] ?? '');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: HOME })).toBeVisible();
});

test('going back from the code leads to the password, and further back to the page before', async ({
  page,
  tolerate,
}) => {
  tolerate(REFUSED);
  await page.route('**/users/sign_in', (route) =>
    route.fulfill({ status: 401, json: { status: 401, code: 'second_factor_required' } }),
  );
  await page.goto('/settings/security');
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.getByRole('link', { name: 'Sign in' }).click();
  const askedForCode = async (): Promise<void> => {
    await expect(page.getByRole('heading', { name: 'One more step' })).toBeVisible();
    await expect(page.getByLabel('Six-digit code')).toBeFocused();
    await expect(page).toHaveURL('/sign-in?returnTo=%2Fsettings%2Fsecurity&step=code');
  };
  const askedForPassword = async (): Promise<void> => {
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
    await expect(page.getByLabel('Email')).toHaveValue('ada@example.com');
    await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
    await expect(page).toHaveURL('/sign-in?returnTo=%2Fsettings%2Fsecurity');
  };
  await fillSignIn(page, 'ada@example.com');
  await askedForCode();
  await page.goBack();
  await askedForPassword();
  await expect(page.getByLabel('Password', { exact: true })).toBeFocused();
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await askedForCode();
  await page.goBack();
  await page.goForward();
  await askedForPassword();
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await askedForCode();

  await page.getByRole('button', { name: 'Not you?' }).click();
  await expect(page.getByLabel('Email')).toHaveValue('');
  await expect(page.getByLabel('Email')).toBeFocused();
  await page.goBack();
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Create your account' })).toBeVisible();
});
