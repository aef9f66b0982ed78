import { startServer } from './another-server';
import {
  SESSION_ENDED,
  askToSignOut,
  bubble,
  enter,
  expect,
  fillSignIn,
  newEmail,
  newNumber,
  newPerson,
  openNew,
  openSettings,
  openThread,
  PASSWORD,
  sendNew,
  signIn,
  signOut,
  signOutAndDelete,
  signUp,
  storedRefreshToken,
  watchForSignInPage,
  test,
} from './fixtures';

test('a wrong password is rejected', async ({ page, tolerate }) => {
  tolerate(/401 .*\/users\/sign_in/);
  const email = await signUp(page);
  await signOut(page);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill('wrong horse');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toHaveText('Email and password do not match.');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Send a text, see it arrive' })).toBeVisible();
});

test('an email that is taken shows an error at its field', async ({ page, tolerate }) => {
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
  tolerate,
}) => {
  tolerate(SESSION_ENDED);
  await signUp(page);
  await sendNew(page, '+14155552671', 'From Ada alone');
  await expect(bubble(page, 'From Ada alone')).toBeVisible();

  const otherTab = await context.newPage();
  await otherTab.goto('/');
  await expect(otherTab.getByRole('link', { name: '+1 415 555 2671' })).toBeVisible();

  await signOut(otherTab);
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();

  const bob = await signUp(otherTab);
  for (const tab of [page, otherTab]) {
    await expect(tab.getByRole('button', { name: `Account of ${bob}` })).toBeVisible();
    await expect(tab.getByRole('heading', { name: 'Message History (0)' })).toBeVisible();
    await expect(tab.getByText('From Ada alone')).toHaveCount(0);
  }
});

for (const [trouble, answer, words] of [
  ['cannot reach the server', undefined, "Can't reach the server."],
  ['asks too often', { status: 429, headers: { 'Retry-After': '1' } }, 'Try again in 1 second.'],
  ['meets an old proxy', { status: 404 }, "This address doesn't exist on the server."],
  ['meets a broken server', { status: 503 }, 'The server has a problem at the moment.'],
] as const) {
  test(`who ${trouble} at a reload stays signed in`, async ({ page, tolerate }) => {
    tolerate(/(ERR_FAILED|429|404|503) .*\/users\/token/);
    await signUp(page);
    await page.route('**/users/token', (route) => (answer ? route.fulfill(answer) : route.abort()));
    await page.reload();
    await expect(page.getByRole('status')).toContainText('You stay signed in');
    await expect(page.getByRole('status')).toContainText(words);
    await expect(page).toHaveURL('/messages');

    await page.unroute('**/users/token');
    await expect(page.getByRole('status')).toHaveText('Up to date');
    await expect(page.getByText('You stay signed in')).toBeHidden();
  });
}

test('a reload interrupted in the middle of a refresh keeps the session', async ({
  page,
  tolerate,
}) => {
  tolerate(/ERR_FAILED .*\/users\/token/);
  await signUp(page);
  for (let time = 1; time <= 3; time += 1) {
    const before = await storedRefreshToken(page);
    await page.route(
      '**/users/token',
      async (route) => {
        expect((await route.fetch()).status()).toBe(200);
        await route.abort();
      },
      { times: 1 },
    );
    await page.reload();
    await expect(page.getByRole('status')).toHaveText('Up to date');
    expect(await storedRefreshToken(page)).not.toBe(before);
  }
});

test('a sign-out without a network is made up for later', async ({
  context,
  page,
  request,
  tolerate,
}) => {
  tolerate(/ERR_INTERNET_DISCONNECTED/);
  await signUp(page);
  const refreshToken = await storedRefreshToken(page);
  await context.setOffline(true);
  await signOut(page);
  expect(await storedRefreshToken(page)).toBeUndefined();

  await page.close();
  await context.setOffline(false);
  const later = await context.newPage();
  await later.goto('/');
  await expect(later).toHaveURL('/sign-in');
  await expect.poll(() => later.evaluate(() => localStorage.length)).toBe(0);
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken ?? '' };
  const refused = await request.post('/users/token', { form });
  expect(refused.status()).toBe(400);
  expect(await refused.json()).toMatchObject({ code: 'session_ended' });
});

test('signing out deletes drafts after asking', async ({ page }) => {
  const email = await signUp(page);
  await openNew(page);
  await page.getByRole('textbox', { name: 'Message' }).fill('For nobody else');
  await askToSignOut(page);
  const question = page.getByRole('alertdialog', { name: 'Sign out?' });
  await expect(question).toHaveAccessibleDescription(
    'You have 1 draft. Signing out deletes what is only in this browser.',
  );
  await question.getByRole('button', { name: 'Stay signed in' }).click();
  await expect(question).toBeHidden();
  await expect(page.getByRole('textbox', { name: 'Message' })).toHaveValue('For nobody else');
  await signOutAndDelete(page);
  await signIn(page, email);
  await expect(page.getByRole('heading', { name: 'Send a text, see it arrive' })).toBeVisible();
  await openNew(page);
  await expect(page.getByRole('textbox', { name: 'Message' })).toHaveValue('');
  await expect(page.getByText('For nobody else')).toHaveCount(0);
});

test('an invite code works once', async ({ page, tolerate }) => {
  tolerate(/422 .*\/users/);
  const { url, invite, stop } = await startServer({ SIGNUP_MODE: 'invite' });
  try {
    const email = newEmail();
    await page.goto(`${url}/sign-up`);
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByLabel('Confirm password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByLabel('Invite code')).toBeFocused();
    await page.getByLabel('Invite code').fill('abc-def');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByLabel('Invite code')).toHaveAccessibleDescription(
      'Invite code is not valid.',
    );
    const code = await invite();
    await page.getByLabel('Invite code').fill(` ${code} `);
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByRole('button', { name: `Account of ${email}` })).toBeVisible();
  } finally {
    // The page must not need the server after it has ended.
    await page.close();
    await stop();
  }
});

test('closed sign-up shows no form', async ({ page }) => {
  const { url, stop } = await startServer({ SIGNUP_MODE: 'closed' });
  try {
    await page.goto(`${url}/sign-up`);
    await expect(page.getByRole('heading', { name: 'Sign-up is closed' })).toBeVisible();
    await expect(page.getByRole('textbox')).toHaveCount(0);
  } finally {
    // The page must not need the server after it has ended.
    await page.close();
    await stop();
  }
});

test('all tabs show that the session has ended', async ({ context, page, request, tolerate }) => {
  tolerate(/40[01] .*\/(users|api)/);
  await signUp(page);
  const otherTab = await context.newPage();
  await otherTab.goto('/');
  await expect(otherTab.getByRole('status')).toHaveText('Up to date');

  // As from another device.
  const token = await storedRefreshToken(page);
  const headers = { Authorization: `Bearer ${token ?? ''}` };
  expect((await request.delete('/users/sign_out', { headers })).status()).toBe(204);
  for (const tab of [page, otherTab]) {
    await expect(tab.getByText('Your session was ended elsewhere.')).toBeVisible();
  }
});

test('a reload does not flash the sign-in page', async ({ page }) => {
  await signUp(page);
  const seen = await watchForSignInPage(page);
  await page.reload();
  await expect(page.getByRole('status')).toHaveText('Up to date');
  expect(await seen()).toEqual(['/messages']);
});

test('a reload shows the page while the session is renewed, and an ended session leads to the sign-in page', async ({
  page,
  request,
  tolerate,
}) => {
  tolerate(/400 .*\/users\/token/);
  await signUp(page);
  await openNew(page);
  await page.getByRole('textbox', { name: 'Message' }).fill('Half a thought');
  let answer = (): void => undefined;
  const mayAnswer = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/users/token', async (route) => {
    await mayAnswer;
    await route.continue();
  });
  await page.reload();
  await expect(page.getByRole('status')).toHaveText('Connecting…');
  await expect(page.getByRole('textbox', { name: 'Message' })).toHaveValue('Half a thought');

  const headers = { Authorization: `Bearer ${(await storedRefreshToken(page)) ?? ''}` };
  expect((await request.delete('/users/sign_out', { headers })).status()).toBe(204);
  answer();
  await expect(page.getByText('Your session was ended elsewhere.')).toBeVisible();
  await expect(page).toHaveURL('/sign-in?returnTo=%2Fmessages%2Fnew');
});

test('signing out says how many messages it deletes, including those of other tabs', async ({
  context,
  page,
  phone,
  tolerate,
}) => {
  tolerate(/ERR_FAILED .*\/api\/messages/);
  tolerate(SESSION_ENDED);
  const email = await signUp(page);
  const otherTab = await context.newPage();
  await otherTab.goto('/');
  await context.route('**/api/messages', (route) =>
    route.request().method() === 'POST' ? route.abort() : route.continue(),
  );
  const texts = ['The first', 'The second'].map((text) => `${text} ${crypto.randomUUID()}`);
  for (const text of texts) {
    await otherTab.goto('/messages/new');
    await sendNew(otherTab, newNumber(), text);
    await expect(bubble(otherTab, text)).toContainText("Can't reach the server.");
  }
  await openNew(page);
  await page.getByRole('textbox', { name: 'Message' }).fill('Half a thought');

  for (const way of ['Sign out here', 'Sign out everywhere']) {
    await openSettings(page, 'Security');
    await page.getByRole('button', { name: way }).press('Enter');
    const question = page.getByRole('alertdialog', { name: 'Sign out?' });
    await expect(question).toHaveAccessibleDescription(
      'You have 2 unsent messages. You have 1 draft. Signing out deletes what is only in this browser.',
    );
    // A key pressed by accident cancels.
    await expect(question.getByRole('button', { name: 'Stay signed in' })).toBeFocused();
    await page.keyboard.press(way === 'Sign out here' ? 'Enter' : 'Escape');
    await expect(question).toBeHidden();
    await expect(page.getByRole('button', { name: way })).toBeFocused();
    await page.goto('/messages');
  }
  await openSettings(page, 'Account');
  await page.getByRole('button', { name: 'Delete account…' }).click();
  await expect(page.getByRole('region', { name: 'Your data' })).toContainText(
    'You have 2 unsent messages. You have 1 draft. Deleting your account also deletes what is only in this browser.',
  );

  await openSettings(page, 'Security');
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await page.getByRole('button', { name: 'Sign out and delete' }).click();
  await expect(
    page.getByText("You've been signed out on all devices, this one included."),
  ).toBeVisible();
  await fillSignIn(page, email);
  await expect(page.getByRole('heading', { name: 'Send a text, see it arrive' })).toBeVisible();
  for (const text of texts) expect(await phone.received(text)).toBe(0);
});

test('a session that expires keeps drafts and messages for the next sign-in', async ({
  page,
  request,
  phone,
  tolerate,
}) => {
  tolerate(/(ERR_FAILED|40[01]) .*\/(users|api)/);
  const email = await signUp(page);
  const number = newNumber();
  await page.route('**/api/messages', (route) =>
    route.request().method() === 'POST' ? route.abort() : route.continue(),
  );
  await sendNew(page, number, `Late ${number}`);
  await expect(bubble(page, `Late ${number}`)).toContainText("Can't reach the server.");
  await page.getByRole('textbox', { name: 'Message' }).fill('Half a thought');

  // As if it had not been used for so long that it has expired.
  await page.evaluate(() => {
    const session = JSON.parse(localStorage.getItem('mysms.session') ?? '{}') as object;
    const renewedAt = Date.now() - 31 * 86_400_000;
    localStorage.setItem('mysms.session', JSON.stringify({ ...session, renewedAt }));
  });
  const headers = { Authorization: `Bearer ${(await storedRefreshToken(page)) ?? ''}` };
  expect((await request.delete('/users/sign_out', { headers })).status()).toBe(204);
  await expect(page.getByText('Your session has ended. Please sign in again.')).toBeVisible();

  // Another user in between neither sees nor loses any of it.
  await page.unroute('**/api/messages');
  await signUp(page);
  await signOut(page);
  expect(await phone.received(`Late ${number}`)).toBe(0);

  await signIn(page, email);
  await expect(page.getByRole('heading', { name: /^Message History/ })).toBeVisible();
  await openThread(page, number);
  await expect(page.getByRole('textbox', { name: 'Message' })).toHaveValue('Half a thought');
  await expect.poll(() => phone.received(`Late ${number}`)).toBe(1);
});

test('a session that turns out to have ended while a page is loading leads back to that page', async ({
  page,
  request,
  tolerate,
}) => {
  tolerate(/400 .*\/users\/token/);
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Where I was');
  await enter(page, person);
  await openThread(page, number);
  await page.evaluate(() => {
    const session = JSON.parse(localStorage.getItem('mysms.session') ?? '{}') as object;
    const ended = { ...session, refreshToken: 'a token that nobody knows' };
    localStorage.setItem('mysms.session', JSON.stringify(ended));
  });
  await page.route(/\/messenger\.routes-/, async (route) => {
    await page.waitForURL('**/sign-in**');
    await route.continue();
  });
  await page.reload();
  await expect(page.getByText('Your session has ended. Please sign in again.')).toBeVisible();
  await fillSignIn(page, person.email);
  await expect(page).toHaveURL(`/messages/${encodeURIComponent(number)}`);
  await expect(bubble(page, 'Where I was')).toBeVisible();
});

test('what a session that is ended elsewhere has not sent leaves the browser, in all tabs', async ({
  context,
  page,
  request,
  phone,
  tolerate,
}) => {
  tolerate(/(ERR_FAILED|40[01]) .*\/(users|api)/);
  const email = await signUp(page);
  const number = newNumber();
  await context.route('**/api/messages', (route) =>
    route.request().method() === 'POST' ? route.abort() : route.continue(),
  );
  await sendNew(page, number, `Never ${number}`);
  await expect(bubble(page, `Never ${number}`)).toContainText("Can't reach the server.");
  const otherTab = await context.newPage();
  await otherTab.goto('/messages/new');
  await otherTab.getByRole('textbox', { name: 'Message' }).fill('Half a thought');
  const keys = () => page.evaluate(() => Object.keys(localStorage).sort().join());
  expect(await keys()).toMatch(/^mysms\.drafts\..*,mysms\.session,mysms\.unsent\./);

  // As from another device.
  const headers = { Authorization: `Bearer ${(await storedRefreshToken(page)) ?? ''}` };
  expect((await request.delete('/users/sign_out', { headers })).status()).toBe(204);
  for (const tab of [page, otherTab]) {
    await expect(tab.getByRole('status')).toHaveText(
      "Your session was ended elsewhere. Anything you hadn't sent has been deleted from this browser. Please sign in again.",
    );
  }
  expect(await keys()).toBe('');

  await context.unroute('**/api/messages');
  await signIn(page, email);
  await expect(page.getByRole('heading', { name: 'Send a text, see it arrive' })).toBeVisible();
  await openNew(page);
  await expect(page.getByRole('textbox', { name: 'Message' })).toHaveValue('');
  expect(await phone.received(`Never ${number}`)).toBe(0);
});

test('all errors of a sign-up are shown at once, each at its field', async ({ page, tolerate }) => {
  tolerate(/422 .*\/users/);
  await page.goto('/sign-up');
  const [address, password, confirmation] = [
    page.getByLabel('Email'),
    page.getByLabel('Password', { exact: true }),
    page.getByLabel('Confirm password'),
  ];
  // Eight code units, but four characters for the SPA and the API alike.
  await address.fill('nobody');
  await password.fill('🔑🔑🔑🔑');
  await confirmation.fill('🔑🔑🔑');
  await page.getByRole('button', { name: 'Create account' }).click();
  const all = async (): Promise<void> => {
    await expect(address).toHaveAccessibleDescription('Email is invalid.');
    await expect(password).toHaveAccessibleDescription(
      'Password is too short (minimum is 8 characters).',
    );
    await expect(confirmation).toHaveAccessibleDescription(
      "Password confirmation doesn't match the password.",
    );
    await expect(address).toBeFocused();
  };
  await all();

  // An error that only the API knows is shown in the same way.
  await page.route('**/users', (route) =>
    route.fulfill({
      status: 422,
      contentType: 'application/problem+json',
      json: {
        status: 422,
        code: 'invalid_fields',
        errors: {
          password_confirmation: ["doesn't match Password"],
          password: ['is too short (minimum is 8 characters)'],
          email: ['is invalid'],
        },
      },
    }),
  );
  await address.fill('ada@example.com');
  await password.fill(PASSWORD);
  await confirmation.fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await all();

  // Submitting again requests it again.
  await page.unroute('**/users');
  await address.fill(newEmail());
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('heading', { name: 'Send a text, see it arrive' })).toBeVisible();
});

test('fields that the browser has filled in without an event are not blank', async ({ page }) => {
  const fillIn = async (label: string, value: string): Promise<void> => {
    await page.getByLabel(label, { exact: true }).evaluate((input: HTMLInputElement, value) => {
      input.value = value;
    }, value);
  };
  const email = newEmail();
  await page.goto('/sign-up');
  await expect(page.getByLabel('Email')).toBeVisible();
  await fillIn('Email', email);
  await fillIn('Password', PASSWORD);
  await fillIn('Confirm password', PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('heading', { name: 'Send a text, see it arrive' })).toBeVisible();
  await signOut(page);

  await fillIn('Email', email);
  await fillIn('Password', PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Send a text, see it arrive' })).toBeVisible();
});
