import { Page } from '@playwright/test';
import {
  PASSWORD,
  SESSION_ENDED,
  composer,
  openNew,
  enter,
  expect,
  fillSignIn,
  newPerson,
  openSettings,
  signOut,
  signOutAndDelete,
  storedRefreshToken,
  test,
} from './fixtures';

const NOTHING_STORED = 'This browser stores nothing for this page.';
const NO_ROOM = 'This browser has no space left for what you write.';

/** How a browser can be without storage, from the next load on. */
const TROUBLES = {
  blocked: () => {
    Object.defineProperty(window, 'localStorage', {
      get: () => {
        throw new DOMException('Access is denied for this document.', 'SecurityError');
      },
    });
  },
  absent: () => {
    Object.defineProperty(window, 'localStorage', { value: undefined });
  },
  full: () => {
    Storage.prototype.setItem = () => {
      throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
    };
  },
};

async function toMessages(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Messages', exact: true }).click();
  await expect(page.getByRole('textbox', { name: 'Message' })).toBeVisible();
}

for (const [trouble, bringAbout] of Object.entries(TROUBLES)) {
  test(`where storage is ${trouble}, the session lives in memory, and a notice says so once`, async ({
    context,
    page,
    request,
  }) => {
    await context.addInitScript(bringAbout);
    const email = `${crypto.randomUUID()}@example.com`;
    await page.goto('/sign-up');
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByLabel('Confirm password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account' }).click();
    const notice = page.getByRole('alert').filter({ hasText: NOTHING_STORED });
    await expect(notice).toBeVisible();
    await notice.getByRole('button', { name: 'Got it' }).click();
    await expect(notice).toBeHidden();

    // Drafts survive a change of page.
    await openNew(page);
    await composer(page).fill('Half a thought');
    await openSettings(page, 'Account');
    await page.getByText('Dark', { exact: true }).click();
    await expect(page.locator('html')).toHaveCSS('color-scheme', 'dark');
    await toMessages(page);
    await openNew(page);
    await expect(composer(page)).toHaveValue('Half a thought');
    await expect(notice).toBeHidden();

    // Another tab shares nothing.
    const other = await newPerson(request);
    const otherTab = await context.newPage();
    await enter(otherTab, other);
    await expect(page.getByRole('button', { name: `Account of ${email}` })).toBeVisible();
    await expect(page.getByRole('status')).toHaveText('Up to date');
    await otherTab.close();

    await signOutAndDelete(page);
    await fillSignIn(page, email);
    await openNew(page);
    await expect(composer(page)).toHaveValue('');
    await expect(notice).toBeVisible();

    await page.reload();
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
    await fillSignIn(page, email);
    await expect(page.getByRole('status')).toHaveText('Up to date');
  });
}

test('storage that becomes full signs nobody out, even over reloads', async ({
  context,
  page,
  request,
  tolerate,
}) => {
  tolerate(/401 .*\/api/);
  await enter(page, await newPerson(request));
  const before = await storedRefreshToken(page);
  await context.addInitScript(TROUBLES.full);
  for (let time = 1; time <= 3; time += 1) {
    await page.reload();
    await expect(page.getByRole('status')).toHaveText('Up to date');
    // As when an access token has expired: the next one comes from the same refresh token.
    await page.route('**/api/messages/changes?*', (route) => route.fulfill({ status: 401 }), {
      times: 1,
    });
    const renewed = page.waitForResponse('**/users/token');
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    expect((await renewed).status()).toBe(200);
  }
  expect(await storedRefreshToken(page)).toBe(before);
  await expect(page.getByRole('alert')).toHaveCount(0);
  await openNew(page);
  await composer(page).fill('No room for this');
  await expect(page.getByRole('alert')).toContainText(NO_ROOM);
});

test('full storage has room for the next token, and for drafts once there is space', async ({
  page,
  request,
}) => {
  await enter(page, await newPerson(request));
  await page.evaluate(() => {
    for (let size = 2 ** 22; size >= 1; size /= 2) {
      try {
        for (let number = 0; ; number += 1) {
          localStorage.setItem(`filler-${String(size)}-${String(number)}`, 'x'.repeat(size));
        }
      } catch {
        // Something smaller may still fit.
      }
    }
  });
  const before = await storedRefreshToken(page);
  await page.reload();
  await expect(page.getByRole('status')).toHaveText('Up to date');
  await expect.poll(() => storedRefreshToken(page)).not.toBe(before);
  await openNew(page);
  await composer(page).fill('No room for this');
  const notice = page.getByRole('alert').filter({ hasText: NO_ROOM });
  await expect(notice).toBeVisible();

  await page.evaluate(() => {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith('filler')) localStorage.removeItem(key);
    }
  });
  await composer(page).fill('Now there is');
  await expect(notice).toBeHidden();
  await page.reload();
  await expect(composer(page)).toHaveValue('Now there is');
});

test('what is held in memory is erased when another tab signs out', async ({
  context,
  page,
  request,
  tolerate,
}) => {
  tolerate(SESSION_ENDED);
  const person = await newPerson(request);
  await enter(page, person);
  const otherTab = await context.newPage();
  await otherTab.goto('/');
  await expect(otherTab.getByRole('status')).toHaveText('Up to date');
  await openNew(page);
  await page.evaluate(TROUBLES.full);
  await composer(page).fill('For nobody else');
  await expect(page.getByRole('alert')).toContainText(NO_ROOM);

  await signOut(otherTab);
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await fillSignIn(page, person.email);
  await openNew(page);
  await expect(composer(page)).toHaveValue('');
});
