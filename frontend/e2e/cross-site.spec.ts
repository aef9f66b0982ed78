import { mkdir, writeFile } from 'node:fs/promises';
import { chromium } from '@playwright/test';
import {
  bubble,
  expect,
  openSettings,
  sendNew,
  signUp,
  storedBubble,
  test as base,
  watchForSignInPage,
} from './fixtures';

/** The browser's setting for third-party cookies. */
const ALLOWED = 0;
const BLOCKED = 1;

/** The SPA and its API on different sites, in a browser with a profile of its own. */
const test = base.extend<{ thirdPartyCookies: number }>({
  thirdPartyCookies: [BLOCKED, { option: true }],
  baseURL: async ({}, use) => {
    await use(process.env['E2E_OTHER_SITE_URL']);
  },
  context: async ({ baseURL, launchOptions, thirdPartyCookies, viewport }, use, testInfo) => {
    const profile = testInfo.outputPath('profile');
    await mkdir(`${profile}/Default`, { recursive: true });
    const preferences = { profile: { cookie_controls_mode: thirdPartyCookies } };
    await writeFile(`${profile}/Default/Preferences`, JSON.stringify(preferences));
    const context = await chromium.launchPersistentContext(profile, {
      ...launchOptions,
      // Without it, Playwright's own would be the headless shell, which knows no preferences.
      ...(launchOptions.executablePath === undefined && { channel: 'chromium' }),
      ...(baseURL && { baseURL }),
      viewport,
    });
    await use(context);
    await context.close();
  },
});

for (const [mode, cookies] of [
  [ALLOWED, 'everywhere=1'],
  [BLOCKED, ''],
] as const) {
  test.describe(() => {
    test.use({ thirdPartyCookies: mode });

    test(`cookies of other sites are ${mode === BLOCKED ? 'blocked' : 'allowed'}`, async ({
      page,
    }) => {
      const port = process.env['E2E_COOKIES_PORT'] ?? '';
      await page.goto(`http://app.localhost:${port}/`);
      const seen = await page.evaluate(async (other) => {
        await fetch(`${other}/set`, { credentials: 'include' });
        return (await fetch(`${other}/seen`, { credentials: 'include' })).text();
      }, `http://api.localhost:${port}`);
      expect(seen).toBe(cookies);
    });
  });
}

test('users stay signed in where third-party cookies are blocked', async ({
  context,
  page,
  phone,
  tolerate,
}) => {
  const asked = new Set<string>();
  page.on('request', (request) => asked.add(new URL(request.url()).hostname));
  await signUp(page);
  await sendNew(page, phone.unhurried, 'From another site');
  await expect(bubble(page, 'From another site')).toContainText('Queued');
  expect(asked).toEqual(new Set(['app.localhost', 'api.localhost']));
  expect(await context.cookies()).toEqual([]);

  // All of this under a policy that the browser enforces.
  tolerate(/TrustedHTML/);
  const makeElements = (): string => (document.createElement('p').innerHTML = '<b>Not so</b>');
  await expect(page.evaluate(makeElements)).rejects.toThrow('TrustedHTML');

  const path = new URL(page.url()).pathname;
  const seen = await watchForSignInPage(page);
  for (let time = 1; time <= 4; time += 1) {
    await page.reload();
    await expect(page.getByRole('status')).toHaveText('Up to date');
    await expect(bubble(page, 'From another site')).toBeVisible();
    expect(await seen()).toEqual([path]);
  }
  await page.getByRole('textbox', { name: 'Message' }).fill('Still here');
  await page.keyboard.press('Enter');
  await expect(storedBubble(page, 'Still here')).toContainText(/Queued|Sent/);

  await openSettings(page, 'Security');
  await page.getByRole('button', { name: 'Sign out here' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await expect.poll(() => page.evaluate(() => localStorage.length)).toBe(0);
});
