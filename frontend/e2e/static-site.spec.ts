import { test as base, bubble, expect, sendNew, signUp } from './fixtures';

/** The SPA on a static host that proxies the API. */
const test = base.extend({
  baseURL: async ({}, use) => {
    await use(process.env['E2E_ONE_ORIGIN_URL']);
  },
});

test('a site that proxies the API is one origin', async ({ page, phone }) => {
  const asked = new Set<string>();
  page.on('request', (request) => asked.add(new URL(request.url()).origin));
  await signUp(page);
  await sendNew(page, phone.unhurried, 'From one origin');
  await expect(bubble(page, 'From one origin')).toContainText('Queued');
  await page.reload();
  await expect(bubble(page, 'From one origin')).toBeVisible();
  expect(asked).toEqual(new Set([process.env['E2E_ONE_ORIGIN_URL']]));
});

test('pages are revalidated, and files named by content are cached', async ({ page }) => {
  const kept = new Map<string, string | undefined>();
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    kept.set(pathname, response.headers()['cache-control']);
  });
  await page.goto('/sign-in');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  expect(kept.get('/sign-in')).toBeUndefined();
  const scripts = [...kept].filter(([path]) => path.endsWith('.js'));
  expect(scripts).not.toHaveLength(0);
  expect(new Set(scripts.map(([, control]) => control))).toEqual(
    new Set(['public, max-age=31536000, immutable']),
  );
});
