import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { PASSWORD, expect, fillSignIn, test } from './fixtures';
import { EMAIL, generateApi } from './generated-api';

const CHECK_SIZE = join(import.meta.dirname, '../scripts/check-size.mjs');

test('the messages page loads what the build weighs for it, until the conversations are shown', async ({
  page,
}) => {
  await generateApi(page, { conversations: 12, messages: 12 });
  await page.goto('/sign-in');
  await fillSignIn(page, EMAIL, PASSWORD);
  await expect(page.locator('.conversation-row').first()).toBeVisible();
  await page.addInitScript(() => {
    const observer = new MutationObserver(() => {
      if (!document.querySelector('.conversation-row')) return;
      observer.disconnect();
      const urls = performance.getEntriesByType('resource').map(({ name }) => new URL(name));
      Object.assign(window, { loaded: urls.map(({ pathname }) => pathname.slice(1)) });
    });
    observer.observe(document, { childList: true, subtree: true });
  });
  // The rules of phone numbers, and the library that reads them, come after the page and sometimes meanwhile.
  await page.route(/\/(phone-number-rules|dist)-\w+\.js$/, async (route) => {
    await page.locator('.conversation-row').first().waitFor();
    await route.continue();
  });
  await page.goto('/messages');
  await expect(page.locator('.conversation-row').first()).toBeVisible();
  const loaded = await page.evaluate(() => (window as unknown as { loaded: string[] }).loaded);
  const printed = execFileSync(process.execPath, [CHECK_SIZE], { encoding: 'utf8' });
  const weighed = [...printed.matchAll(/^ *\d+ {2}(\S+\.(?:js|css))$/gm)].map(([, name]) => name);
  expect(loaded.filter((name) => /\.(js|css)$/.test(name)).sort()).toEqual(weighed.sort());
});
