import { enter, expect, newPerson, openSettings, test } from './fixtures';

const NOT_FOUND = "This page doesn't exist";

test('each place of the settings has its address, its title and the focus', async ({
  page,
  request,
}) => {
  await enter(page, await newPerson(request));
  await page.getByRole('link', { name: 'Settings' }).click();
  await expect(page).toHaveURL('/settings/account');
  for (const place of ['Security', 'Notifications', 'Help', 'Account'] as const) {
    const places = page.getByRole('navigation', { name: 'Settings' });
    await places.getByRole('link', { name: place }).click();
    await expect(page).toHaveURL(`/settings/${place.toLowerCase()}`);
    await expect(page).toHaveTitle(`${place} · MySMS Messenger`);
    await expect(page.getByRole('heading', { name: place, exact: true })).toBeFocused();
    await expect(page.locator('[aria-current=page]')).toHaveText(['Settings', place]);
  }
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Help', exact: true })).toBeFocused();

  await page.goto('/account');
  await expect(page).toHaveURL('/settings/account');
  // The browser has just opened the page, which starts at its top.
  await expect(page.getByRole('heading', { name: 'Account', exact: true })).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Skip to content' })).toBeFocused();
  await page.getByRole('link', { name: 'Messages' }).click();
  await expect(page.locator('[aria-current=page]')).toHaveText(['Messages']);
});

test('security says what could not be loaded, and loads it once the server is back', async ({
  page,
  request,
  tolerate,
}) => {
  tolerate(/503/);
  await page.clock.install();
  await enter(page, await newPerson(request));
  await openSettings(page, 'Security');
  const secondFactor = page.getByRole('region', { name: 'Two-step sign-in' });
  const sessions = page.getByRole('region', { name: 'Where you are signed in' });
  await page.route(/\/(api|users)\//, (route) => route.fulfill({ status: 503 }));
  await page.reload();
  for (const section of [secondFactor, sessions]) {
    await expect(section).toContainText("This couldn't be loaded yet.");
  }

  // No retry of the page's own takes the button away before it is pressed.
  await page.clock.pauseAt(Date.now() + 60_000);
  await page.unrouteAll();
  await sessions.getByRole('button', { name: 'Try again' }).click();
  await page.clock.resume();
  await expect(sessions.getByText('This device', { exact: true })).toBeVisible();
  await expect(secondFactor.getByText('Authenticator app', { exact: true })).toBeVisible();
  await expect(page.getByText("This couldn't be loaded yet.")).toHaveCount(0);
});

test('help says the same in the settings as over a conversation', async ({ page, request }) => {
  await enter(page, await newPerson(request));
  await openSettings(page, 'Help');
  const contents = page.locator('app-help-contents');
  const inSettings = await contents.innerText();
  expect(inSettings).toContain('Write a new message');
  await page.goto('/messages');
  await page.getByRole('button', { name: 'Help' }).click();
  await expect(contents).toHaveText(inSettings, { useInnerText: true });
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('the places come first, then one of them with a way back', async ({ page, request }) => {
    await enter(page, await newPerson(request));
    await page.getByRole('link', { name: 'Settings' }).tap();
    await expect(page).toHaveURL('/settings');
    await expect(page).toHaveTitle('Settings · MySMS Messenger');
    const places = page.getByRole('navigation', { name: 'Settings' });
    await places.getByRole('link', { name: 'Security' }).tap();
    await expect(page.getByRole('heading', { name: 'Security' })).toBeFocused();
    await expect(places).toBeHidden();
    await page.getByRole('link', { name: 'All settings' }).tap();
    await expect(page).toHaveURL('/settings');
    await expect(page.getByRole('heading', { name: 'Settings' })).toBeFocused();

    await places.getByRole('link', { name: 'Account' }).tap();
    await page.getByRole('button', { name: 'Sign out' }).tap();
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  });

  test('an open conversation has the whole screen, and leads back', async ({ page, request }) => {
    const person = await newPerson(request);
    await person.write('+14155552671', 'Nothing else here');
    await enter(page, person);
    const tabs = page.getByRole('navigation', { name: 'Main' });
    await expect(tabs).toBeVisible();
    await page.getByRole('link', { name: /Nothing else here/ }).tap();
    await expect(page.getByRole('log')).toBeVisible();
    await expect(tabs).toBeHidden();
    await page.getByRole('link', { name: 'Back' }).tap();
    await expect(tabs).toBeVisible();
  });
});

test('an unknown address says so and leads on, for a user and for a guest', async ({
  page,
  request,
}) => {
  await page.goto('/nowhere/at/all?really=yes#yes');
  await expect(page).toHaveTitle('Not found · MySMS Messenger');
  await expect(page.getByRole('heading', { name: NOT_FOUND })).toBeVisible();
  await expect(page.getByRole('main')).toContainText('/nowhere/at/all');
  await expect(page).toHaveURL('/nowhere/at/all?really=yes#yes');
  await expect(page.getByRole('navigation')).toHaveCount(0);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();

  await enter(page, await newPerson(request));
  for (const path of ['/nowhere', '/settings/nowhere', '/messages/1/2']) {
    await page.goto(path);
    await expect(page.getByRole('heading', { name: NOT_FOUND })).toBeVisible();
    await expect(page).toHaveURL(path);
    await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
  }
  await page.getByRole('link', { name: 'Go to your messages' }).click();
  await expect(page).toHaveURL('/messages');
  await expect(page.getByRole('heading', { name: 'Send a text, see it arrive' })).toBeVisible();
});
