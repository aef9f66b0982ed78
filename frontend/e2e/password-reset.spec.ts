import { APIRequestContext } from '@playwright/test';
import { startServer } from './another-server';
import {
  PASSWORD,
  bubble,
  expect,
  fillSignIn,
  newNumber,
  sendNew,
  signUp,
  storedRefreshToken,
  test,
} from './fixtures';

const NEW_PASSWORD = 'an owl reads the paper';
const REFUSED = /(40[01]|422|ERR_FAILED) .*\/(users|api)/;

/** The path and the fragment of the link in the mail. */
async function linkTo(request: APIRequestContext, email: string): Promise<string> {
  const url = `${process.env['E2E_MAIL_URL'] ?? ''}/mails.json?to=${encodeURIComponent(email)}`;
  let link: string | undefined;
  await expect(async () => {
    const { mails } = (await (await request.get(url)).json()) as { mails: { text: string }[] };
    link = mails.map(({ text }) => /\/reset-password#\S+/.exec(text)?.[0]).find(Boolean);
    expect(link).toBeDefined();
  }).toPass();
  return link ?? '';
}

test('a forgotten password is reset by mail, with a link that works once and is sent nowhere else', async ({
  page,
  context,
  request,
  tolerate,
}) => {
  tolerate(REFUSED);
  const email = await signUp(page);
  const otherTab = await context.newPage();
  await otherTab.goto('/');
  await expect(otherTab.getByRole('status')).toHaveText('Up to date');
  await page.route('**/api/messages', (route) =>
    route.request().method() === 'POST' ? route.abort() : route.continue(),
  );
  const number = newNumber();
  await sendNew(page, number, 'Not sent yet');
  await expect(bubble(page, 'Not sent yet')).toContainText("Can't reach the server.");

  await page.goto('/forgot-password');
  await page.getByLabel('Email').fill(email);
  await page.getByRole('button', { name: 'Send the link' }).click();
  await expect(page.getByRole('heading', { name: 'Check your mail' })).toBeFocused();
  await expect(page.getByText('If there is an account with this email')).toBeVisible();
  const link = await linkTo(request, email);
  const token = link.split('#')[1] ?? '';

  const sentTo: string[] = [];
  page.on('request', (request) => {
    const all = [request.url(), request.postData(), JSON.stringify(request.headers())].join();
    if (all.includes(token)) sentTo.push(`${request.method()} ${new URL(request.url()).pathname}`);
  });
  await page.goto(link);
  await expect(page.getByRole('heading', { name: 'Choose a new password' })).toBeVisible();
  await expect(page).toHaveURL('/reset-password');
  await expect(page.getByLabel('New password', { exact: true })).toBeFocused();
  const kept = await page.evaluate(() =>
    JSON.stringify([localStorage, sessionStorage, history.state, location.href]),
  );
  expect(kept).not.toContain(token);
  await page.getByLabel('New password', { exact: true }).fill(NEW_PASSWORD);
  await page.getByLabel('Confirm new password').fill(NEW_PASSWORD);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByRole('status')).toHaveText(
    'Your password has been changed. Please sign in with the new one.',
  );
  await expect(page).toHaveURL('/sign-in');
  expect(sentTo).toEqual(['PUT /users/password_reset']);
  await expect(otherTab.getByText('Your password has been changed.')).toBeVisible();

  await fillSignIn(page, email);
  await expect(page.getByRole('alert')).toHaveText('Email and password do not match.');
  await page.getByLabel('Password', { exact: true }).fill(NEW_PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: /^Message History/ })).toBeVisible();
  // It was changed here, not elsewhere.
  await expect(page.getByRole('link', { name: 'Not sent yet' })).toBeVisible();

  await page.goto(link);
  await page.getByLabel('New password', { exact: true }).fill('another long one');
  await page.getByLabel('Confirm new password').fill('another long one');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(
    page.getByRole('heading', { name: "This link doesn't work any more" }),
  ).toBeVisible();
  const next = page.getByRole('link', { name: 'Ask for a new link' });
  await expect(next).toBeFocused();
  await expect(next).toHaveAccessibleDescription(
    'The link was used already, is older than 30 minutes, or the password has been changed since. Nothing was changed by this.',
  );
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Email')).toHaveValue(email);
  await page.getByRole('link', { name: 'Back to the settings' }).click();
  await expect(page.getByRole('heading', { name: 'Security' })).toBeVisible();
});

test('the page for a new password stays when the session here turns out to have ended', async ({
  page,
  request,
  tolerate,
}) => {
  tolerate(REFUSED);
  await signUp(page);
  const headers = { Authorization: `Bearer ${(await storedRefreshToken(page)) ?? ''}` };
  let answer = (): void => undefined;
  const mayAnswer = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/users/token', async (route) => {
    await mayAnswer;
    await route.continue();
  });
  await page.goto('/');
  expect((await request.delete('/users/sign_out', { headers })).status()).toBe(204);
  await page.goto('/reset-password#some-token');
  await page.getByLabel('New password', { exact: true }).fill(NEW_PASSWORD);
  answer();
  await expect.poll(() => storedRefreshToken(page)).toBeUndefined();
  await expect(page).toHaveURL('/reset-password');
  await page.getByLabel('New password', { exact: true }).fill(NEW_PASSWORD);
  await page.getByLabel('Confirm new password').fill(NEW_PASSWORD);
  await page.getByRole('button', { name: 'Change password' }).click();
  // The token is still there, and wrong.
  await expect(
    page.getByRole('heading', { name: "This link doesn't work any more" }),
  ).toBeVisible();
});

test('the email goes along to the page about a forgotten password, and back', async ({ page }) => {
  await page.goto('/sign-in');
  await page.getByLabel('Email').fill('ada@example.com');
  await page.getByRole('link', { name: 'Forgot it?' }).click();
  await expect(page.getByLabel('Email')).toHaveValue('ada@example.com');
  await page.getByLabel('Email').fill('ada@example.org');
  await page.getByRole('link', { name: 'Back to sign in' }).click();
  await expect(page.getByLabel('Email')).toHaveValue('ada@example.org');
  await expect(page.getByLabel('Password', { exact: true })).toBeFocused();
  const kept = await page.evaluate(() =>
    JSON.stringify([localStorage, sessionStorage, history.state, location.href]),
  );
  expect(kept).not.toContain('ada@');
});

test('a reload of the page for a new password asks for the link again', async ({ page }) => {
  await page.goto('/reset-password#some-token');
  await expect(page).toHaveURL('/reset-password');
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Open the link once more' })).toBeVisible();
  await page.goto('/reset-password#some-token');
  await expect(page.getByRole('heading', { name: 'Choose a new password' })).toBeVisible();
});

test('a server that sends no mail says whom to ask', async ({ page }) => {
  const { url, stop } = await startServer({});
  try {
    await page.goto(`${url}/sign-in`);
    await page.getByRole('link', { name: 'Forgot it?' }).click();
    await expect(page.getByText('This server sends no mail.')).toContainText(
      'the command mysms reset-password',
    );
    await expect(page.getByRole('textbox')).toHaveCount(0);
    await page.getByRole('link', { name: 'Back to sign in' }).click();
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  } finally {
    // The page must not need the server after it has ended.
    await page.close();
    await stop();
  }
});

test('a weak password is advised against while it is typed, and refused at its field', async ({
  page,
  tolerate,
}) => {
  tolerate(/422 .*\/users/);
  await page.goto('/sign-up');
  await page.getByLabel('Email').fill('ada.lovelace@example.com');
  const field = page.getByLabel('Password', { exact: true });
  await field.fill('password');
  await expect(page.getByText('Very weak: it will probably be refused.')).toBeVisible();
  await page.getByLabel('Confirm password').fill('password');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(field).toHaveAccessibleDescription('Password is too common.');
  await expect(page.locator('.password-strength')).toHaveText('');
  await field.fill('ada.lovelace');
  await expect(page.locator('.password-strength')).toHaveText(/^(Very weak|Weak)\b/);
  await field.fill(PASSWORD);
  await expect(page.getByText('Strong.')).toBeVisible();
});

test('a meter that cannot be loaded says nothing', async ({ page, tolerate }) => {
  tolerate(/ERR_FAILED .*\.js/);
  await page.goto('/sign-up');
  await expect(page.getByLabel('Email')).toBeVisible();
  await page.route('**/*.js', (route) => route.abort());
  const field = page.getByLabel('Password', { exact: true });
  const failed = page.waitForEvent('requestfailed');
  await field.fill('password');
  await failed;
  await field.fill('');
  await expect(page.getByText('Very weak')).toHaveCount(0);
  await expect(page.getByRole('alert')).toHaveCount(0);
});
