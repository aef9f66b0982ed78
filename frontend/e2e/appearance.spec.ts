import { PASSWORD, composer, expect, fillSignIn, test } from './fixtures';
import type { Contact } from '../src/app/api/models';
import { writeInBars } from './bar-font';
import { CONTACT, EMAIL, FAILED, PEER, Stored, generateApi } from './generated-api';

const SIZES = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
} as const;

const NOW = new Date('2026-11-26T15:30:00Z');
const HOUR = '2026-11-26T10:';
const ORDINARY: Stored = {
  conversations: 8,
  messages: 8,
  newest: new Date('2026-11-26T15:20:00Z'),
  contents: [
    { content: 'See you on Sunday!', status: 'sent' },
    { content: 'And would you like the tasting menu?', status: 'undelivered', ...FAILED },
    { content: 'Yes, please. No nuts for us.', status: 'received', direction: 'inbound' },
    { content: 'The kitchen asks about allergies.', created_at: `${HOUR}20:40Z` },
    { content: 'Parking is behind the house.', created_at: `${HOUR}20:20Z` },
    { content: 'Your table for four is confirmed: Sunday at 19:30.', created_at: `${HOUR}20:00Z` },
    { content: 'A table for four on Sunday?', status: 'received', direction: 'inbound' },
    { content: 'See https://example.com/menu, or call +1 415 555 2671.', status: 'read' },
  ],
};

const CONTACTS: readonly Contact[] = [
  { name: 'Ada Lovelace', labels: ['customer', 'vip'], note: 'Prefers mornings.' },
  { name: 'Alan Turing', labels: [], note: '' },
  { name: 'Grace Hopper', labels: ['supplier'], note: '' },
].map((contact, index) => ({
  ...CONTACT,
  ...contact,
  number: index === 0 ? PEER : `+4930901820${index}`,
  consent: { method: 'web_form', at: CONTACT.created_at, source: 'example.com/join' },
}));
const STOP = {
  opted_out: true,
  at: '2026-11-26T15:10:00Z',
  source: 'keyword',
  reason: null,
} as const;

/** How much may differ, so that rounded corners may be drawn in another way. */
const TOLERANCE = { threshold: 0.02, maxDiffPixels: 40 };

// Only what is changed on purpose may look different: README.md says how to take the pictures anew.
for (const colorScheme of ['light', 'dark'] as const) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    const isPhone = size === 'phone';

    test.describe(`${size}, ${colorScheme}`, () => {
      test.use({
        colorScheme,
        viewport,
        isMobile: isPhone,
        hasTouch: isPhone,
        locale: 'en-US',
        timezoneId: 'UTC',
        contextOptions: { reducedMotion: 'reduce' },
      });

      test('every screen looks as before', async ({ page }) => {
        const looksAsBefore = async (screen: string): Promise<void> => {
          const picture = `${screen}-${size}-${colorScheme}.png`;
          await page.evaluate(() =>
            Promise.all([...document.images].map((image) => image.decode())),
          );
          await expect.soft(page).toHaveScreenshot(picture, TOLERANCE);
        };
        await writeInBars(page);
        await page.clock.install({ time: NOW });
        const api = await generateApi(page, { ...ORDINARY, conversations: 0, messages: 0 });
        await page.goto('/sign-in');
        await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
        await looksAsBefore('sign-in');
        await fillSignIn(page, EMAIL, PASSWORD);
        await expect(page.getByRole('heading', { name: 'Send a text' })).toBeVisible();
        await looksAsBefore('welcome');

        api.stored = ORDINARY;
        await page.goto('/messages');
        await expect(page.locator('.conversation-row')).toHaveCount(8);
        await looksAsBefore('conversations');
        await page.goto(`/messages/${PEER}`);
        await expect(page.locator('app-message-bubble')).toHaveCount(8);
        await composer(page).fill('Until then');
        await looksAsBefore('thread');
        await page.goto(`/messages/${PEER}?details=${'1'.padStart(24, '0')}`);
        await expect(page.getByRole('dialog', { name: 'Message details' })).toContainText('SID');
        await looksAsBefore('details');
        await page.goto('/messages/new');
        await page.getByLabel('Phone number').fill('+1 415 555 2671,+41 79 123 45 67');
        await expect(page.getByRole('option')).toBeVisible();
        await looksAsBefore('new-message');
        await page.goto('/log');
        await expect(page.locator('app-log-row')).toHaveCount(8);
        await looksAsBefore('log');
        await page.goto('/settings/security');
        await expect(page.getByRole('listitem')).toHaveCount(12);
        await looksAsBefore('settings');

        api.contacts = CONTACTS;
        await page.goto('/contacts');
        await expect(page.locator('.contacts__row')).toHaveCount(CONTACTS.length);
        // On a phone, it would take the place of the list.
        if (!isPhone) {
          await page.locator('.contacts__row').filter({ hasText: 'Ada Lovelace' }).click();
          await expect(page.getByRole('heading', { name: 'Ada Lovelace' })).toBeVisible();
        }
        await looksAsBefore('contacts');
        api.optOuts = [{ number: PEER, opted_out: true, latest: STOP, history: [STOP] }];
        await page.goto(`/messages/${PEER}`);
        await expect(page.getByText("You can't message them")).toBeVisible();
        await expect(page.locator('app-message-bubble')).toHaveCount(8);
        await looksAsBefore('opted-out');
      });
    });
  }
}
