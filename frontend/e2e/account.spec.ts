import { readFile } from 'node:fs/promises';
import {
  PASSWORD,
  SESSION_ENDED,
  bubble,
  expect,
  fillSignIn,
  newNumber,
  beginPasswordChange,
  openSettings,
  sendNew,
  signIn,
  signUp,
  storedBubble,
  storedRefreshToken,
  test as base,
} from './fixtures';
import { Page } from '@playwright/test';

/** Another browser of the same user. */
const test = base.extend<{ elsewhere: Page }>({
  elsewhere: async ({ browser, baseURL }, use) => {
    const context = await browser.newContext(baseURL ? { baseURL } : {});
    await use(await context.newPage());
    await context.close();
  },
});

test('a session that is ended elsewhere leads back to the same place', async ({
  page,
  elsewhere,
  tolerate,
}) => {
  tolerate(SESSION_ENDED);
  const email = await signUp(page);
  await sendNew(page, '+14155552671', 'I was here');
  await expect(bubble(page, 'I was here')).toBeVisible();
  const url = page.url();

  await signIn(elsewhere, email);
  await expect(elsewhere.getByRole('status')).toHaveText('Up to date');
  await openSettings(elsewhere, 'Security');
  const sessions = elsewhere.getByRole('region', { name: 'Where you are signed in' });
  await expect(sessions.getByRole('listitem')).toHaveCount(2);
  await expect(sessions.getByRole('listitem').first()).toContainText('This device');
  await sessions.getByRole('button', { name: /^Sign out (?!here|everywhere)/ }).click();
  await expect(sessions.getByRole('status')).toHaveText(/ is signed out\.$/);
  await expect(sessions.getByRole('listitem')).toHaveCount(1);
  await expect(sessions.getByRole('heading')).toBeFocused();

  await expect(page.getByRole('status')).toContainText('Your session was ended elsewhere.');
  await fillSignIn(page, email);
  await expect(bubble(page, 'I was here')).toBeVisible();
  expect(page.url()).toBe(url);
});

test('sessions on the same kind of device are told apart', async ({ page, browser, baseURL }) => {
  const email = await signUp(page);
  for (let time = 1; time <= 2; time += 1) {
    const context = await browser.newContext(baseURL ? { baseURL } : {});
    const elsewhere = await context.newPage();
    await signIn(elsewhere, email);
    await expect(elsewhere.getByRole('status')).toHaveText('Up to date');
    await context.close();
  }
  await openSettings(page, 'Security');
  const sessions = page.getByRole('region', { name: 'Where you are signed in' });
  await expect(sessions.getByRole('listitem')).toHaveCount(3);
  const labels = await sessions
    .getByRole('listitem')
    .getByRole('button')
    .evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-label')));
  expect(labels).toContain('Sign out here');
  expect(labels).toContainEqual(expect.stringMatching(/^Sign out \S+ on \S+, signed in on /));
  expect(new Set(labels).size).toBe(3);

  await sessions.getByRole('button', { name: 'Sign out here' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('passwords are masked, and password managers know the fields', async ({ page }) => {
  const known = async (label: string, autocomplete: string): Promise<void> => {
    const field = page.getByLabel(label, { exact: true });
    await expect(field).toHaveAttribute('type', 'password');
    await expect(field).toHaveAttribute('autocomplete', autocomplete);
  };
  await page.goto('/sign-in');
  await known('Password', 'current-password');
  await expect(page.getByLabel('Email')).toHaveAttribute('autocomplete', 'username');
  await page.goto('/sign-up');
  await known('Password', 'new-password');
  await known('Confirm password', 'new-password');

  await signUp(page);
  await openSettings(page, 'Security');
  await beginPasswordChange(page);
  await known('Current password', 'current-password');
  await known('New password', 'new-password');
  await known('Confirm new password', 'new-password');
});

test('a change of password ends the other session', async ({ page, elsewhere, tolerate }) => {
  tolerate(SESSION_ENDED);
  tolerate(/422 .*\/users\/password/);
  const email = await signUp(page);
  await signIn(elsewhere, email);
  await expect(elsewhere.getByRole('status')).toHaveText('Up to date');

  await openSettings(page, 'Security');
  await beginPasswordChange(page);
  const panel = page.getByRole('region', { name: 'Password' });
  await panel.getByLabel('Current password', { exact: true }).fill('wrong horse');
  await panel.getByLabel('New password', { exact: true }).fill('a new and longer one');
  await panel.getByLabel('Confirm new password').fill('a new and other one');
  await panel.getByRole('button', { name: 'Change password', exact: true }).click();
  await expect(panel.getByLabel('Confirm new password')).toHaveAccessibleDescription(
    "Password confirmation doesn't match the password.",
  );
  await panel.getByLabel('Confirm new password').fill('a new and longer one');
  await panel.getByRole('button', { name: 'Change password', exact: true }).click();
  await expect(panel.getByLabel('Current password', { exact: true })).toHaveAccessibleDescription(
    'Current password is invalid.',
  );
  await panel.getByLabel('Current password', { exact: true }).fill(PASSWORD);
  await panel.getByRole('button', { name: 'Change password', exact: true }).click();
  await expect(panel.getByRole('status')).toHaveText(/^Your password has been changed/);
  await expect(
    page.getByRole('region', { name: 'Where you are signed in' }).getByRole('listitem'),
  ).toHaveCount(1);

  await expect(elsewhere.getByText('Your session was ended elsewhere.')).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Security' })).toBeVisible();
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(
    page.getByText("You've been signed out on all devices, this one included."),
  ).toBeVisible();
  await fillSignIn(page, email, 'a new and longer one');
  await expect(page.getByRole('heading', { name: 'Send a text, see it arrive' })).toBeVisible();
});

test('a change of password renews the session in all tabs, and a copied token is worth nothing', async ({
  context,
  page,
  request,
  tolerate,
}) => {
  tolerate(/401 .*\/(users|api)/);
  await signUp(page);
  const otherTab = await context.newPage();
  await otherTab.goto('/');
  await expect(otherTab.getByRole('status')).toHaveText('Up to date');
  const copied = (await storedRefreshToken(page)) ?? '';

  await openSettings(page, 'Security');
  await beginPasswordChange(page);
  const panel = page.getByRole('region', { name: 'Password' });
  await panel.getByLabel('Current password', { exact: true }).fill(PASSWORD);
  await panel.getByLabel('New password', { exact: true }).fill('a new and longer one');
  await panel.getByLabel('Confirm new password').fill('a new and longer one');
  await panel.getByRole('button', { name: 'Change password', exact: true }).click();
  await expect(panel.getByRole('status')).toHaveText(/^Your password has been changed/);
  expect(await storedRefreshToken(page)).not.toBe(copied);

  // The other tab has to get an access token of the new session.
  await sendNew(otherTab, newNumber(), 'Still signed in');
  await expect(storedBubble(otherTab, 'Still signed in')).toBeVisible();

  const form = { grant_type: 'refresh_token', refresh_token: copied };
  const refused = await request.post('/users/token', { form });
  expect(await refused.json()).toMatchObject({ code: 'session_ended' });
  for (const tab of [page, otherTab]) {
    await tab.goto('/messages');
    await expect(tab.getByRole('status')).toHaveText('Up to date');
  }
});

test('the account can be exported as a file', async ({ page }) => {
  const email = await signUp(page);
  await sendNew(page, '+14155552671', 'To be taken along');
  await expect(bubble(page, 'To be taken along')).toBeVisible();
  await openSettings(page, 'Account');
  const panel = page.getByRole('region', { name: 'Your data' });
  const downloaded = page.waitForEvent('download');
  await panel.getByRole('button', { name: 'Download' }).click();
  const file = await downloaded;
  expect(file.suggestedFilename()).toBe('my-sms-messenger.json');
  const { account, messages } = JSON.parse(await readFile(await file.path(), 'utf8')) as {
    account: { email: string };
    messages: { content: string }[];
  };
  expect(account.email).toBe(email);
  expect(messages.map(({ content }) => content)).toEqual(['To be taken along']);
  await expect(panel.getByRole('status')).toHaveText('Your file has been downloaded.');
});

test('an account is deleted by password, with all its messages', async ({ page, tolerate }) => {
  // Polls that were sent before the response to the deletion meet the deleted account.
  tolerate(/(401 .*\/(users\/sign_in|api\/)|422 .*\/users)/);
  const email = await signUp(page);
  await sendNew(page, '+14155552671', 'To be forgotten');
  await expect(bubble(page, 'To be forgotten')).toBeVisible();
  await openSettings(page, 'Account');
  const panel = page.getByRole('region', { name: 'Your data' });
  await panel.getByRole('button', { name: 'Delete account…' }).click();
  await expect(panel.getByLabel('Your password, to confirm')).toBeFocused();
  await page.keyboard.type('wrong horse');
  await page.keyboard.press('Enter');
  await expect(panel.getByLabel('Your password, to confirm')).toHaveAccessibleDescription(
    'Your password is invalid.',
  );
  await panel.getByLabel('Your password, to confirm').fill(PASSWORD);
  await panel.getByRole('button', { name: 'Delete account and messages' }).click();
  await expect(
    page.getByText('Your account and all its messages have been deleted.'),
  ).toBeVisible();

  await fillSignIn(page, email);
  await expect(page.getByRole('alert')).toHaveText('Email and password do not match.');
  await signUp(page, email);
  await expect(page.getByRole('heading', { name: 'Message History (0)' })).toBeAttached();
});
