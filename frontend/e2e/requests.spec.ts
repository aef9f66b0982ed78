import { Page } from '@playwright/test';
import { expect, enter, newNumber, newPerson, signOut, openSettings, test } from './fixtures';

/** 1, 3, 7, 15 and 31 seconds after the first, with the shortest jitter. */
const CALLS_IN_A_MINUTE = 6;

/** Counts the requests to each path of the API from now on. A document that is left may still send some. */
function countCalls(page: Page): Map<string, number> {
  const calls = new Map<string, number>();
  page.on('request', (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (!/^\/(api|users)\//.test(pathname)) return;
    const name = pathname + (searchParams.has('peer_number') ? ' of a thread' : '');
    calls.set(name, (calls.get(name) ?? 0) + 1);
  });
  return calls;
}

/** Advances the page's clock second by second; its requests are answered in between. */
async function pass(page: Page, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await page.clock.fastForward(1000);
    await page.evaluate(() => new Promise((done) => requestIdleCallback(done)));
  }
}

test.describe('what cannot be loaded is retried a few times a minute', () => {
  for (const [name, answer, atMost] of [
    ['a 503', { status: 503 }, CALLS_IN_A_MINUTE],
    ['a 500 about what is shown', { status: 500 }, CALLS_IN_A_MINUTE],
    ['a 404', { status: 404 }, CALLS_IN_A_MINUTE],
    ['a 429 with Retry-After', { status: 429, headers: { 'Retry-After': '300' } }, 1],
  ] as const) {
    test(name, async ({ page, request, tolerate }) => {
      tolerate(/Failed to load resource/);
      const person = await newPerson(request);
      await page.clock.install();
      await enter(page, person);
      await page.route('**/api/**', (route) => route.fulfill({ ...answer, json: {} }));
      await page.goto('about:blank');
      const calls = countCalls(page);
      const number = encodeURIComponent(newNumber());
      await page.goto(`/messages/${number}?details=6921f0c2a4b1c93e5d0f7a12`);
      await expect(page.getByRole('log').getByRole('alert')).toBeVisible();
      await pass(page, 60);
      expect(calls.get('/api/messages of a thread')).toBeGreaterThan(0);
      for (const [path, times] of calls) {
        expect(times, path).toBeLessThanOrEqual(atMost);
      }
    });
  }

  test('a search around a message', async ({ page, request, tolerate }) => {
    tolerate(/Failed to load resource/);
    const person = await newPerson(request);
    await page.clock.install();
    await enter(page, person);
    await page.route('**/api/**', (route) => route.fulfill({ status: 503, json: {} }));
    await page.goto('about:blank');
    const calls = countCalls(page);
    await page.goto(`/messages/${encodeURIComponent(newNumber())}?at=6921f0c2a4b1c93e5d0f7a12`);
    await pass(page, 60);
    for (const [path, times] of calls) {
      expect(times, path).toBeLessThanOrEqual(CALLS_IN_A_MINUTE);
    }
  });

  test('without a network, since the API is on this computer', async ({
    page,
    request,
    context,
    tolerate,
  }) => {
    tolerate(/ERR_INTERNET_DISCONNECTED/);
    const person = await newPerson(request);
    await page.clock.install();
    await enter(page, person);
    await context.setOffline(true);
    const calls = countCalls(page);
    await page.getByRole('link', { name: 'New message', exact: true }).click();
    await page.evaluate(
      (path) => {
        history.pushState({}, '', path);
        dispatchEvent(new PopStateEvent('popstate'));
      },
      `/messages/${encodeURIComponent(newNumber())}`,
    );
    await expect(page.getByRole('log').getByRole('alert')).toBeVisible();
    await pass(page, 60);
    expect(calls.get('/api/messages of a thread')).toBeGreaterThan(1);
    for (const [path, times] of calls) expect(times, path).toBeLessThanOrEqual(CALLS_IN_A_MINUTE);
  });
});

test('an invalid number in the URL shows no conversation and requests none', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  await enter(page, person);
  const calls = countCalls(page);
  await page.goto('/messages/foo');
  await expect(page.getByRole('heading', { name: 'This is not a phone number' })).toBeVisible();
  await expect(
    page.getByText('“foo” is not a phone number, so there are no messages.'),
  ).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Message' })).toHaveCount(0);
  await expect(page.getByRole('status')).toHaveText('Up to date');
  expect(calls.has('/api/messages of a thread')).toBe(false);
});

test('a number has one spelling in URLs', async ({ page, request }) => {
  const person = await newPerson(request);
  await person.write('+14155552671', 'Hello there');
  await enter(page, person);
  await page.goto('/messages/+1%20415%20555%202671');
  await expect(page.getByRole('log').getByText('Hello there')).toBeVisible();
  await expect(page).toHaveURL(/\/messages\/(\+|%2B)14155552671$/);
});

test('pending messages are sent once while the account page is open', async ({ page, request }) => {
  const person = await newPerson(request);
  const number = newNumber();
  await enter(page, person);
  await page.goto(`/messages/${encodeURIComponent(number)}`);
  let sent = 0;
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/api/messages', async (route) => {
    if (route.request().method() === 'POST') {
      sent += 1;
      await held;
    }
    await route.continue();
  });
  await page.getByRole('textbox', { name: 'Message' }).fill('Once and only once');
  await page.getByRole('textbox', { name: 'Message' }).press('Enter');
  await expect.poll(() => sent).toBe(1);

  await openSettings(page, 'Account');
  await page.goBack();
  const bubbles = page.getByRole('log').getByRole('article');
  await expect(bubbles).toHaveCount(1);
  await expect(bubbles).toContainText('Sending');
  await openSettings(page, 'Account');
  release();
  // Polling goes on here too.
  await page.waitForResponse(/\/api\/messages\/changes\?/);
  await expect(page.getByRole('status').first()).toHaveText('Up to date');
  await page.goBack();
  await expect(bubbles).toHaveCount(1);
  await expect(bubbles).toContainText(/Queued|Sent|Delivered/);
  const kept = await page.evaluate(() =>
    Object.keys(localStorage).filter((key) => key.startsWith('mysms.unsent.')),
  );
  expect(kept).toEqual([]);
  await page.reload();
  await expect(bubbles).toHaveCount(1);
  expect(sent).toBe(1);
});

test('nothing of one user is left for the next', async ({ page, request }) => {
  const [ada, grace] = [await newPerson(request), await newPerson(request)];
  const number = newNumber();
  await ada.write(number, 'For Ada alone');
  await enter(page, ada);
  await page.goto(`/messages/${encodeURIComponent(number)}`);
  await expect(page.getByRole('log').getByText('For Ada alone')).toBeVisible();
  await signOut(page);
  await page.getByLabel('Email').fill(grace.email);
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Message History (0)' })).toBeVisible();
  await expect(page.getByText('For Ada alone')).toHaveCount(0);
});
