import { Page } from '@playwright/test';
import {
  bubble,
  enter,
  expect,
  newNumber,
  newPerson,
  openSettings,
  openThread,
  setHidden,
  signUp,
  test,
} from './fixtures';

/** A failed poll is retried within this time. */
const BACK_WITHIN_MS = 45_000;

/** From the next load on: returns the theme of each frame, from before the first paint. */
async function watchTheme(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const seen = new Set<string>();
    Object.assign(window, { seen });
    const look = (): void => {
      const { backgroundColor, colorScheme } = getComputedStyle(document.documentElement);
      const body = document.querySelector('body');
      if (body && body.childElementCount > 0) {
        seen.add(`${colorScheme}: ${backgroundColor}, ${getComputedStyle(body).backgroundColor}`);
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  return () => page.evaluate(() => [...(window as unknown as { seen: Set<string> }).seen]);
}

for (const [system, chosen] of [
  ['light', 'Dark'],
  ['dark', 'Light'],
] as const) {
  test.describe(`where the system is ${system}`, () => {
    test.use({ colorScheme: system });

    test(`the theme ${chosen} survives a reload without a flash of another one`, async ({
      page,
    }) => {
      await signUp(page);
      await openSettings(page, 'Account');
      await page.getByRole('radio', { name: chosen }).focus();
      await page.keyboard.press('Space');
      await expect(page.locator('html')).toHaveCSS('color-scheme', chosen.toLowerCase());

      const seen = await watchTheme(page);
      const answer = await page.reload();
      expect(answer?.headers()['content-security-policy']).toContain("script-src 'self'");
      await expect(page.getByRole('status').first()).toHaveText('Up to date');
      const frames = await seen();
      expect(frames).toHaveLength(1);
      expect(frames[0]).toContain(`${chosen.toLowerCase()}: `);
      await expect(page.getByRole('radio', { name: chosen })).toBeChecked();
    });
  });
}

test('single-key shortcuts stay off over a reload, and the others stay on', async ({ page }) => {
  await signUp(page);
  await page.getByRole('button', { name: 'Help' }).focus();
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Help' });
  await help.getByRole('checkbox', { name: 'Single-key shortcuts' }).uncheck();
  await page.keyboard.press('Escape');
  for (const time of ['before the reload', 'after it']) {
    await test.step(time, async () => {
      await page.getByRole('button', { name: 'Help' }).focus();
      await page.keyboard.press('n');
      await page.keyboard.press('/');
      await page.keyboard.press('?');
      await expect(help).toBeHidden();
      await expect(page.getByRole('button', { name: 'Help' })).toBeFocused();
      await expect(page).toHaveURL('/messages');
      await page.keyboard.press('Control+k');
      await expect(page.getByRole('searchbox')).toBeFocused();
    });
    await page.reload();
    await expect(page.getByRole('status')).toHaveText('Up to date');
  }
  await page.getByRole('button', { name: 'Help' }).click();
  await help.getByRole('checkbox', { name: 'Single-key shortcuts' }).check();
  await page.keyboard.press('Escape');
  await page.keyboard.press('n');
  await expect(page).toHaveURL('/messages/new');
});

test('a hidden page is updated about once a minute, and at once when it is shown', async ({
  page,
  request,
  phone,
}) => {
  const person = await newPerson(request);
  const number = newNumber();
  const text = `Look away ${number}`;
  await person.write(number, text);
  await phone.report(text, 'sent');
  await page.clock.install();
  await enter(page, person);
  await openThread(page, number);
  await expect(bubble(page, text)).toContainText('Sent');

  await setHidden(page, true);
  await phone.report(text, 'delivered');
  let polls = 0;
  // Scripts of other pages are preloaded meanwhile.
  page.on('request', (request) => (polls += request.url().includes('/api/') ? 1 : 0));
  await page.clock.fastForward(59_000);
  expect(polls).toBe(0);
  // About once a minute, plus a jitter of up to a quarter.
  await page.clock.fastForward(17_000);
  await expect(bubble(page, text)).toContainText('Delivered');
  polls = 0;
  await setHidden(page, false);
  await expect.poll(() => polls).toBeGreaterThan(1);
});

test('offline and back, the page keeps its content', async ({
  page,
  request,
  context,
  phone,
  tolerate,
}) => {
  tolerate(/ERR_INTERNET_DISCONNECTED/);
  const person = await newPerson(request);
  const number = newNumber();
  const text = `Still here ${number}`;
  await person.write(number, text);
  await phone.report(text, 'sent');
  await enter(page, person);
  await openThread(page, number);
  await expect(bubble(page, text)).toContainText('Sent');
  await expect(page.getByRole('status')).toHaveText('Up to date');

  await context.setOffline(true);
  await expect(page.getByRole('status')).toContainText(/You're offline\. Last updated \d/);
  await expect(bubble(page, text)).toBeVisible();
  await phone.report(text, 'delivered');
  await context.setOffline(false);
  await expect(page.getByRole('status')).toHaveText('Up to date');
  await expect(bubble(page, text)).toContainText('Delivered');
});

test('while the API does not respond, the page keeps its content and shows the problem', async ({
  page,
  request,
  phone,
  tolerate,
}) => {
  tolerate(/ERR_CONNECTION_REFUSED/);
  const person = await newPerson(request);
  const number = newNumber();
  const text = `Unchanged ${number}`;
  await person.write(number, text);
  await phone.report(text, 'sent');
  await enter(page, person);
  await openThread(page, number);
  await expect(bubble(page, text)).toContainText('Sent');
  const status = page.getByRole('status');
  await expect(status).toHaveText('Up to date');
  const before = await page.getByRole('log').innerText();

  await page.route('**/api/**', (route) => route.abort('connectionrefused'));
  await expect(status).toContainText(/Can't reach the server\..* Last updated \d/);
  // It is said once.
  await expect(page.getByText('These messages may be out of date.')).toBeHidden();
  await expect(page.getByRole('alert')).toHaveCount(0);
  expect(await page.getByRole('log').innerText()).toBe(before);
  expect(await status.evaluate((element) => element.closest('[aria-live="assertive"]'))).toBeNull();

  await phone.report(text, 'delivered');
  await page.unroute('**/api/**');
  await expect(status).toHaveText('Up to date', { timeout: BACK_WITHIN_MS });
  await expect(bubble(page, text)).toContainText('Delivered');
  await expect(page.getByText('These messages may be out of date.')).toBeHidden();
});

for (const languages of [['en-US@posix'], ['C'], [], ['en_US'], undefined]) {
  test(`a browser with the languages ${JSON.stringify(languages)} shows everything`, async ({
    page,
    request,
  }) => {
    await page.addInitScript((languages) => {
      Object.defineProperty(navigator, 'languages', { value: languages });
    }, languages);
    const person = await newPerson(request);
    const number = newNumber();
    await person.write(number, 'Whatever the time');
    await enter(page, person);
    await openThread(page, number);
    await expect(bubble(page, 'Whatever the time')).toContainText(/\d:\d\d/);
    await expect(page.getByRole('status')).toHaveText('Up to date');
  });
}
