import { Page } from '@playwright/test';
import {
  composer,
  enter,
  expect,
  fillSignIn,
  newPerson,
  openNew,
  openThread,
  row,
  newNumber,
  sendNew,
  bubble,
  test,
} from './fixtures';

const MISSING = "This page couldn't be loaded. You may be offline, or there is a newer version.";

/** Blocks the script that contains this text until the result is called. */
async function withhold(page: Page, part: string, how: 'abort' | 'gone'): Promise<() => void> {
  let isWithheld = true;
  await page.route('**/*.js', async (route) => {
    const response = await route.fetch();
    const body = await response.text();
    const isIt = body.includes(part);
    // Not the response itself: it is gone if the page is reloaded meanwhile.
    if (!isWithheld || !isIt) await route.fulfill({ contentType: 'text/javascript', body });
    else if (how === 'abort') await route.abort('internetdisconnected');
    else await route.fulfill({ status: 404, contentType: 'text/plain', body: 'Not Found' });
  });
  return () => (isWithheld = false);
}

// Scripts of a page that was left may still be loading.
test.afterEach(({ page }) => page.unrouteAll({ behavior: 'ignoreErrors' }));

for (const how of ['abort', 'gone'] as const) {
  test(`a page whose script cannot be loaded (${how}) shows a notice, and a reload brings it`, async ({
    page,
    request,
    tolerate,
  }) => {
    tolerate(/ERR_INTERNET_DISCONNECTED|404|Failed to fetch dynamically imported module/);
    const release = await withhold(page, 'app-settings-page', how);
    const person = await newPerson(request);
    await enter(page, person);
    await openNew(page);
    await composer(page).fill('Half a thought');
    let loads = 0;
    page.on('load', () => (loads += 1));
    await page.getByRole('link', { name: 'Settings' }).click();
    const notice = page.getByRole('alert').filter({ hasText: MISSING });
    await expect(notice).toBeVisible();
    await expect(composer(page)).toHaveValue('Half a thought');

    // A reload that does not help happens once, and shows the notice again.
    await notice.getByRole('button', { name: 'Reload' }).click();
    await expect.poll(() => loads).toBe(1);
    await expect(notice).toBeVisible();
    await expect(page).toHaveURL('/settings');
    expect(loads).toBe(1);

    release();
    await notice.getByRole('button', { name: 'Reload' }).click();
    await expect(page.getByRole('heading', { name: 'Account', exact: true })).toBeVisible();
    await expect(notice).toBeHidden();
    await page.getByRole('link', { name: 'Messages', exact: true }).click();
    await openNew(page);
    await expect(composer(page)).toHaveValue('Half a thought');
  });
}

test('a user whose messages page cannot be loaded sees a notice, and goes on by reloading', async ({
  page,
  request,
  tolerate,
}) => {
  tolerate(/ERR_INTERNET_DISCONNECTED|Failed to fetch dynamically imported module/);
  const release = await withhold(page, 'app-messenger-page', 'abort');
  const { email } = await newPerson(request);
  await page.goto('/sign-in');
  await fillSignIn(page, email);
  await expect(page.getByRole('alert')).toContainText(MISSING);
  release();
  await page.getByRole('button', { name: 'Reload' }).click();
  await expect(page.getByRole('heading', { name: 'Send a text, see it arrive' })).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a stylesheet that cannot be loaded shows a notice too', async ({
  page,
  request,
  tolerate,
}) => {
  tolerate(/ERR_FAILED|could not be loaded/);
  const person = await newPerson(request);
  await page.route(/help-.*\.css/, (route) => route.abort());
  await enter(page, person);
  await page.getByRole('button', { name: 'Help' }).click();
  const notice = page.getByRole('alert').filter({ hasText: MISSING });
  await expect(notice).toBeVisible();
  await page.unroute(/help-.*\.css/);
  await page.getByRole('button', { name: 'Help' }).click();
  await expect(page.getByRole('dialog', { name: 'Help' })).toBeVisible();
  await expect(notice).toBeHidden();
});

test('numbers are grouped simply if their rules cannot be loaded', async ({
  page,
  request,
  tolerate,
}) => {
  tolerate(/ERR_INTERNET_DISCONNECTED/);
  await withhold(page, 'countryCallingCode', 'abort');
  await enter(page, await newPerson(request));
  const number = newNumber();
  await sendNew(page, number, 'Without the rules');
  await expect(bubble(page, 'Without the rules')).toBeVisible();
  await openThread(page, number);
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('what a search finds is loaded when somebody searches, and Enter before that is not lost', async ({
  page,
  request,
  tolerate,
}) => {
  tolerate(/ERR_INTERNET_DISCONNECTED|Failed to fetch dynamically imported module/);
  const release = await withhold(page, 'search-results__title', 'abort');
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Where the parcel is');
  await enter(page, person);
  const box = page.getByRole('searchbox');
  await box.fill('parcel');
  const notice = page.getByRole('alert').filter({ hasText: MISSING });
  await expect(notice).toBeVisible();
  await box.press('Escape');
  await expect(row(page, 'Where the parcel is')).toBeVisible();

  release();
  await box.fill('parcel');
  await box.press('Enter');
  await expect(bubble(page, 'Where the parcel is')).toBeVisible();
  await expect(page).toHaveURL(/\?at=/);
  await expect(notice).toBeHidden();
});
