import { PASSWORD, bubble, expect, sendNew, signOut, signUp, test } from './fixtures';

test('a wrong password is told apart from a right one', async ({ page, tolerate }) => {
  tolerate(/401 .*\/users\/sign_in/);
  const email = await signUp(page);
  await signOut(page);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill('wrong horse');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toHaveText('Invalid email or password.');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Send your first message' })).toBeVisible();
});

test('an email that is taken is said at its field', async ({ page, tolerate }) => {
  tolerate(/422 .*\/users/);
  const email = await signUp(page);
  await signOut(page);
  await page.goto('/sign-up');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Confirm password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByLabel('Email')).toHaveAccessibleDescription(
    'Email has already been taken.',
  );
});

test('two users of one browser see only their own messages, in all tabs', async ({
  context,
  page,
}) => {
  await signUp(page);
  await sendNew(page, '+14155552671', 'From Ada alone');
  await expect(bubble(page, 'From Ada alone')).toBeVisible();

  const otherTab = await context.newPage();
  await otherTab.goto('/');
  await expect(otherTab.getByRole('link', { name: '+1 415 555 2671' })).toBeVisible();

  await signOut(otherTab);
  await expect(page.getByRole('heading', { name: 'Welcome back' })).toBeVisible();

  const bob = await signUp(otherTab);
  for (const tab of [page, otherTab]) {
    await expect(tab.getByRole('button', { name: `Account of ${bob}` })).toBeVisible();
    await expect(tab.getByRole('heading', { name: 'Message History (0)' })).toBeVisible();
    await expect(tab.getByText('From Ada alone')).toHaveCount(0);
  }
});

test('who cannot reach the server at a reload stays signed in', async ({ page, tolerate }) => {
  tolerate(/ERR_FAILED .*\/users\/token/);
  await signUp(page);
  await page.route('**/users/token', (route) => route.abort());
  await page.reload();
  await expect(page.getByRole('alert')).toContainText('You are still signed in');
  await expect(page).toHaveURL('/messages');

  await page.unroute('**/users/token');
  await expect(page.getByRole('status')).toHaveText('Up to date');
  await expect(page.getByText('You are still signed in')).toBeHidden();
});

test('a reload shows no sign-in page in passing', async ({ page }) => {
  await signUp(page);
  await page.addInitScript(() => {
    const seen: string[] = [];
    Object.assign(window, { seen });
    new MutationObserver(() => {
      seen.push(location.pathname);
      if (document.querySelector('app-sign-in-page')) seen.push('sign-in page');
    }).observe(document, { childList: true, subtree: true });
  });
  await page.reload();
  await expect(page.getByRole('status')).toHaveText('Up to date');
  const seen = await page.evaluate(() => (window as unknown as { seen: string[] }).seen);
  expect(new Set(seen)).toEqual(new Set(['/messages']));
});

test('the theme is a choice that lasts', async ({ page }) => {
  await signUp(page);
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByLabel('Dark').check({ force: true });
  await page.reload();
  await expect(page.getByRole('status')).toHaveText('Up to date');
  await expect(page.locator('html')).toHaveCSS('color-scheme', 'dark');
});
