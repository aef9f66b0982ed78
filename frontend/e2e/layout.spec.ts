import { Locator, Page } from '@playwright/test';
import type { Message } from '../src/app/api/models';
import {
  PASSWORD,
  announceVersion,
  composer,
  expect,
  fillSignIn,
  openNew,
  pasteText,
  scrollToOldest,
  shareText,
  test,
} from './fixtures';
import {
  CONTACT,
  EMAIL,
  GeneratedApi,
  HEBREW,
  LONG_URL,
  LONG_WORD,
  PEER,
  WITH_SECOND_FACTOR,
  generateApi,
} from './generated-api';
import { displaced, layoutFaults, showHidden, watchPage } from './layout-faults';

const SIZES = [
  { width: 320, height: 640 },
  { width: 360, height: 740 },
  { width: 768, height: 1024 },
  { width: 1280, height: 800 },
  { width: 1024, height: 768 },
  { width: 1920, height: 1080 },
  { width: 2560, height: 1440 },
  // A phone in landscape.
  { width: 844, height: 390 },
] as const;
/** Of a document. */
const OTHER_TYPE = 'application/vnd.openxmlformats-officedocument.presentationml.presentation';
const CONVERSATIONS = [0, 1, 12, 60, 1_000];
const MESSAGES = [0, 1, 200, 20_000];

/** Up to this width, either the list or a conversation is shown. */
const PHONE_PX = 720;
const ENOUGH_PX = 100_000;
/** Up to this height, what usually stays in sight at the end of a form does not. */
const MUCH_ENLARGED_PX = 480;
/** More than this takes too long to load in a test. */
const PAGES_OF_MESSAGES = 3;
const RAIL = '.rail';
const LIST = '.conversation-list';
const COMPOSER = '.composer';

// Tracing each step would take longer than the test.
test.use({ trace: 'off' });
test.describe.configure({ timeout: 240_000 });

for (const [row, viewport] of SIZES.entries()) {
  const isPhone = viewport.width <= PHONE_PX;

  test.describe(`${viewport.width} × ${viewport.height} px`, () => {
    test.use({ viewport, hasTouch: isPhone, isMobile: isPhone });

    // Not the full product, of which most repeats: but each size meets each number of conversations and each number of
    // messages, and each of those each of these. The texts of all kinds are in each; another of them is the last.
    test('messages, however many and whatever they say', async ({ page }) => {
      await watchPage(page);
      const api = await enter(page);
      for (const [column, conversations] of CONVERSATIONS.entries()) {
        const messages = MESSAGES[(row + column) % MESSAGES.length] ?? 0;
        await test.step(`${conversations} conversations, ${messages} messages`, async () => {
          const unread = [3, 12, 120].slice(0, conversations);
          api.stored = {
            conversations,
            messages,
            first: row * CONVERSATIONS.length + column,
            unread,
          };
          await page.goto(isPhone ? '/messages' : `/messages/${PEER}`);
          await expect(page.locator('.conversation-list [aria-busy=true]')).toHaveCount(0);
          if (!isPhone) await loaded(page, messages);
          const parts = isPhone ? [] : [RAIL, LIST, COMPOSER];
          if (!isPhone || conversations > 0)
            await goThroughList(page, [...parts, RAIL, LIST], isPhone);
          if (isPhone) {
            await page.goto(`/messages/${PEER}`);
            await loaded(page, messages);
          }
          await goThroughThread(page, [...parts, COMPOSER], isPhone);
        });
      }
    });

    test('two-step sign-in and the reset of a password', async ({ page, tolerate }) => {
      tolerate(/401|422/);
      await watchPage(page);
      await generateApi(page, { conversations: 0, messages: 0 });
      await page.goto('/sign-in');
      await fillSignIn(page, WITH_SECOND_FACTOR, PASSWORD);
      await expect(page.getByRole('heading', { name: 'One more step' })).toBeVisible();
      await turn(page, '.auth-card');
      await check(page, 'the step for the code', []);
      await page.getByRole('button', { name: 'Use a recovery code' }).click();
      await page.getByRole('button', { name: 'Continue' }).click();
      await expect(page.getByText("This code can't be blank")).toBeVisible();
      await check(page, 'the step for the code, by a recovery code', []);

      await page.goto('/forgot-password');
      await page.getByLabel('Email').fill(WITH_SECOND_FACTOR);
      await check(page, 'a forgotten password', []);
      await page.getByRole('button', { name: 'Send the link' }).click();
      await expect(page.getByRole('heading', { name: 'Check your mail' })).toBeVisible();
      await check(page, 'a mail on its way', []);
      await page.goto('/reset-password#token');
      await page.getByLabel('New password', { exact: true }).fill('password');
      await expect(page.getByText(/^Very weak/)).toBeVisible();
      await check(page, 'a new password, a weak one', []);
      await page.getByLabel('Confirm new password').fill('password');
      await page.getByRole('button', { name: 'Change password' }).click();
      await expect(page.getByRole('link', { name: 'Ask for a new link' })).toBeVisible();
      await check(page, 'a link that does not work any more', []);

      await page.goto('/sign-in');
      await fillSignIn(page, EMAIL, PASSWORD);
      await expect(page.locator(RAIL)).toBeVisible();
      await page.context().grantPermissions(['notifications']);
      await page.goto('/settings/notifications');
      await page.getByRole('switch', { name: 'New messages' }).check();
      await expect(page.getByRole('switch', { name: 'Show the text' })).toBeVisible();
      await check(page, 'notifications', [RAIL]);
      await page.goto('/settings/security');
      const panel = page.getByRole('region', { name: 'Two-step sign-in' });
      await panel.getByRole('button', { name: 'Set up…' }).click();
      await panel.getByLabel('Your password, to confirm').fill(PASSWORD);
      await panel.getByRole('button', { name: 'Set up' }).click();
      await expect(panel.getByRole('img', { name: 'QR code' })).toBeVisible();
      await turn(page, 'app-settings-page');
      await check(page, 'two-step sign-in to be set up', [RAIL]);
      await panel.getByLabel('Six-digit code from the app').fill('123456');
      await panel.getByRole('button', { name: 'Turn on' }).click();
      await expect(panel.getByRole('group', { name: 'Recovery codes' })).toBeVisible();
      await turn(page, 'app-settings-page');
      await check(page, 'the recovery codes', [RAIL]);
      await panel.getByRole('button', { name: 'I have saved them' }).click();
      await expect(panel).toContainText('10 recovery codes are left.');
      await check(page, 'two-step sign-in', [RAIL]);
    });

    test('the notice that storage is full', async ({ page, context }) => {
      await context.addInitScript(fillStorage);
      await watchPage(page);
      await generateApi(page, { conversations: 60, messages: 200 });
      await page.goto('/sign-in');
      await fillSignIn(page, EMAIL, PASSWORD);
      await expect(page.locator(RAIL)).toBeVisible();
      await openNew(page);
      await composer(page).fill(LONG_URL);
      await expect(page.getByRole('alert')).toContainText('no space left');
      await check(page, 'a new message while storage is full', isPhone ? [] : [RAIL]);
    });

    test('a new version, and a text that another app has shared', async ({
      page,
      context,
      tolerate,
    }) => {
      tolerate(/ERR_INTERNET_DISCONNECTED/);
      await watchPage(page);
      const api = await generateApi(page, { conversations: 60, messages: 200 });
      await page.goto('/sign-in');
      await fillSignIn(page, EMAIL, PASSWORD);
      await expect(page.locator(RAIL)).toBeVisible();
      const shown = isPhone ? [] : [RAIL];
      await shareText(page, `${LONG_URL}\n`.repeat(20));
      await page.goto('/messages/new');
      await expect(composer(page)).not.toHaveValue('');
      await check(page, 'a new message with a shared text', shown);
      for (const [path, parts] of [
        ['/messages/new', shown],
        ['/messages', [RAIL, LIST]],
        ['/log', [RAIL]],
        ['/contacts', [RAIL]],
        ['/settings/security', [RAIL]],
        [`/messages/${PEER}`, [...shown, COMPOSER]],
      ] as const) {
        await page.goto(path);
        await announceVersion(page);
        await check(page, `a new version: ${path}`, parts);
      }
      await loaded(page, 200);
      api.offline = true;
      await context.setOffline(true);
      await expect(page.getByText("You're offline.")).toBeVisible();
      await check(page, 'a new version, and offline', [...shown, COMPOSER]);
    });

    test('the archive', async ({ page }) => {
      await watchPage(page);
      const api = await generateApi(page, { conversations: 60, messages: 1 });
      await page.goto('/sign-in');
      await fillSignIn(page, EMAIL, PASSWORD);
      await expect(page.locator(RAIL)).toBeVisible();
      const shown = isPhone ? [] : [RAIL];
      await page.goto('/messages?archived=true');
      await expect(page.getByText('No archived conversations.')).toBeVisible();
      await check(page, 'an empty archive', [RAIL, LIST]);
      await page.goto(`/messages/${PEER}`);
      await loaded(page, 1);
      await page.getByRole('button', { name: 'More actions' }).click();
      await page.getByRole('menuitem', { name: 'Jump to a date…' }).click();
      await check(page, 'the question for a date', shown);
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('button', { name: 'More actions' }).click();
      await check(page, 'the actions on the open conversation', shown);
      await page.getByRole('menuitem', { name: 'Archive' }).click();
      await expect(page.getByText('Conversation archived')).toBeVisible();
      await check(page, 'the list, after archiving', [RAIL, LIST]);
      api.stored = { ...api.stored, archived: 55, unread: [120] };
      await page.reload();
      await expect(page.locator('.conversation-list__archived')).toContainText('99+');
      await check(page, 'a list with an archive', [RAIL, LIST]);
      await page.locator('.conversation-list__archived').click();
      await expect(page.locator('.conversation-row')).toHaveCount(50);
      await turn(page, '.conversation-list__rows', isPhone, [RAIL, LIST]);
      await check(page, 'the archive', [RAIL, LIST]);
      await page.goto(`/messages/${PEER}?archived=true`);
      await loaded(page, 1);
      await check(page, 'an archived conversation', [...shown, COMPOSER]);
    });

    test('names, however long', async ({ page }) => {
      await watchPage(page);
      const names = [LONG_WORD.slice(0, 100), HEBREW, 'Al', `${'Ada Lovelace '.repeat(7)}Byron`];
      const unread = [3, 12, 120];
      await generateApi(page, { conversations: 12, messages: 200, names, unread, muted: 3 });
      await page.goto('/sign-in');
      await fillSignIn(page, EMAIL, PASSWORD);
      const [name = ''] = names;
      await expect(page.locator(LIST).getByText(name).first()).toBeVisible();
      const shown = isPhone ? [] : [RAIL];
      await check(page, 'the list, with names', [RAIL, LIST]);
      await page.goto(`/messages/${PEER}?details=${'1'.padStart(24, '0')}`);
      await expect(page.getByRole('dialog', { name: 'Message details' })).toContainText('SID');
      await check(page, 'details, with a name', shown);
      await page.keyboard.press('Escape');
      await expect(page.getByRole('heading', { name })).toBeVisible();
      await check(page, 'the thread, with a name', [...shown, COMPOSER]);
      await page.goto('/messages/new');
      await page.getByLabel('Phone number').fill('Rind');
      await expect(page.getByRole('option')).toHaveText(new RegExp(name));
      await check(page, 'a name to choose', shown);
      await page.getByLabel('Phone number').press('Enter');
      await expect(page.locator('.recipient__chip')).toContainText(name);
      await check(page, 'a name that is chosen', shown);
      await page.goto('/log');
      await expect(page.locator('app-log-row').getByText(name).first()).toBeVisible();
      await check(page, 'the log, with names', [RAIL]);
      await page.goto('/contacts');
      await expect(page.locator('.contacts__name').getByText(name)).toBeVisible();
      await check(page, 'the contacts', [RAIL]);
      await turn(page, '.contacts__list');
      await check(page, 'the contacts, to their end', [RAIL]);
      await page.goto(`/contacts/${PEER}`);
      await expect(page.getByRole('heading', { name })).toBeVisible();
      await check(page, 'a contact, as a page', [RAIL]);
      await page.getByRole('button', { name: 'Remove contact…' }).click();
      await expect(page.getByRole('alertdialog')).toBeVisible();
      await check(page, 'a contact, about to be removed', ['.confirm-dialog']);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Edit' }).click();
      const save = viewport.height > MUCH_ENLARGED_PX ? ['.sticky-actions .button--primary'] : [];
      await check(page, 'a contact, as a form', [RAIL, ...save]);
      await turn(page, '.contacts__pane');
      await check(page, 'a contact, as a form, to its end', [RAIL]);
      await page.goto('/contacts/new');
      await page.getByLabel('Number').fill('12');
      await page.getByRole('button', { name: 'Continue' }).click();
      await expect(page.getByText('must begin with +')).toBeVisible();
      await check(page, 'a new contact', [RAIL]);
      await page.goto('/contacts/import');
      await expect(page.getByText('or drop it here')).toBeAttached();
      await check(page, 'an import', [RAIL]);
      const file = { name: `${LONG_WORD}.csv`, mimeType: 'text/csv', buffer: Buffer.from('x') };
      await page.locator('app-contact-import input').setInputFiles(file);
      await expect(page.getByRole('button', { name: 'Import 12,345 contacts' })).toBeVisible();
      await check(page, 'an import, with what it changes', [RAIL, ...save]);
      await turn(page, '.contacts__pane');
      await check(page, 'an import, to its end', [RAIL]);
      await page.getByRole('button', { name: 'Import 12,345 contacts' }).click();
      await expect(page.getByRole('heading', { name: '12,345 contacts imported' })).toBeVisible();
      await check(page, 'an import that is done', [RAIL]);
    });

    test('contacts: none, some with labels and opt-outs, and many', async ({
      page,
      context,
      tolerate,
    }) => {
      tolerate(/503|ERR_INTERNET_DISCONNECTED/);
      await watchPage(page);
      const api = await generateApi(page, { conversations: 3, messages: 3 });
      await page.goto('/sign-in');
      await fillSignIn(page, EMAIL, PASSWORD);
      await expect(page.locator(RAIL)).toBeVisible();
      let release = (): void => undefined;
      api.held = new Promise((resolve) => (release = resolve));
      await page.goto('/contacts');
      await expect(page.locator('.contacts__list app-skeleton')).toBeVisible();
      await check(page, 'contacts that are loading', [RAIL]);
      release();
      api.held = undefined;
      await expect(page.getByRole('heading', { name: 'No contacts yet' })).toBeVisible();
      await check(page, 'no contacts', [RAIL]);

      const names = Array.from({ length: 300 }, (_, index) => `Person ${index}`);
      const [long, short] = [LONG_WORD.slice(0, 40), 'Customer'];
      const labels = [
        [],
        [short],
        [short, HEBREW.slice(0, 40)],
        [long],
        [long, long.slice(1), short],
      ];
      api.contacts = names.map((name, index) => ({
        ...CONTACT,
        number: `+49309${1_000_000 + index}`,
        name: index % 7 ? name : `${LONG_WORD.slice(0, 90)} ${index}`,
        labels: labels[index % labels.length] ?? [],
      }));
      const latest = {
        opted_out: true,
        at: CONTACT.created_at,
        source: 'keyword',
        reason: null,
      } as const;
      api.optOuts = api.contacts
        .filter((_, index) => index % 3 === 0)
        .map(({ number }) => ({ number, opted_out: true, latest, history: [] }));
      await page.reload();
      await expect(page.locator('.contacts__mark').first()).toBeVisible();
      await check(page, 'contacts with labels and opt-outs', [RAIL]);
      const list = page.locator('.contacts__list');
      await expect(async () => {
        await list.evaluate((element) => {
          element.scrollTop = element.scrollHeight;
        });
        await expect(page.locator('.contacts__row')).toHaveCount(300, { timeout: 500 });
      }).toPass();
      await turn(page, '.contacts__list');
      await check(page, 'many contacts', [RAIL]);
      const box = page.getByRole('searchbox', { name: 'Search your contacts' });
      await box.fill('x'.repeat(200));
      await expect(page.getByRole('heading', { name: 'No contacts match' })).toBeVisible();
      await check(page, 'no contact found', [RAIL]);
      await page.goto(`/contacts/${PEER}`);
      await expect(page.getByRole('button', { name: 'Add name' })).toBeVisible();
      await check(page, 'a number without a contact, as a page', [RAIL]);

      await page.goto('/contacts');
      await expect(page.locator('.contacts__row').first()).toBeVisible();
      api.broken = true;
      await page.getByRole('button', { name: 'Export CSV' }).click();
      await expect(list.getByRole('alert')).toBeVisible();
      await check(page, 'an export that has failed', [RAIL]);
      api.broken = false;
      api.offline = true;
      await context.setOffline(true);
      await expect(page.getByText("You're offline.")).toBeVisible();
      await check(page, 'contacts, offline', [RAIL]);
    });

    test('media of every kind, and those that cannot be loaded', async ({ page, tolerate }) => {
      tolerate(/404/);
      await watchPage(page);
      const media = ['image/png', 'image/png', 'image/png', 'audio/ogg', 'video/mp4', OTHER_TYPE];
      const inbound = { direction: 'inbound', status: 'received' } as const;
      const received = (types: readonly string[], content: string): Partial<Message> => ({
        ...inbound,
        content,
        num_media: types.length,
        media: types.map((content_type, index) => ({ index, content_type })),
      });
      const contents = [
        received(media, LONG_WORD),
        received(media.slice(0, 1), ''),
        { ...received([], ''), num_media: 10 },
        received(Array<string>(10).fill('image/png'), HEBREW),
      ];
      const api = await generateApi(page, { conversations: 12, messages: 4, contents });
      await page.goto('/sign-in');
      await fillSignIn(page, EMAIL, PASSWORD);
      await expect(page.locator(RAIL)).toBeVisible();
      api.pictures = [
        await pngOf(page, 4000, 40),
        await pngOf(page, 40, 4000),
        await pngOf(page, 1, 1),
      ];
      // A video can be without a picture, too.
      const sound = { contentType: 'audio/wav', body: SILENCE };
      await page.route(/\/media\/[34]$/, async (route) => {
        const isPicture = route
          .request()
          .url()
          .includes(`${'3'.padStart(24, '0')}/`);
        await (isPicture ? route.fallback() : route.fulfill(sound));
      });
      const parts = [...(isPhone ? [] : [RAIL]), COMPOSER];
      await page.goto(`/messages/${PEER}`);
      await loaded(page, 4);
      await turn(page, '.thread__messages', isPhone, parts);
      // They are loaded when they come near.
      for (const medium of await page.locator('.medium').all())
        await medium.scrollIntoViewIfNeeded();
      const pictures = page.getByRole('button', { name: /^Picture/ });
      await expect(pictures).toHaveCount(14);
      await expect(page.locator('audio, video')).toHaveCount(2);
      await expect(page.locator('.medium__problem')).toHaveCount(0);
      await check(page, 'media', parts);
      const message = page.locator('.message-media').filter({ has: page.locator('audio') });
      expect
        .soft(await pictureBoxes(message), 'no gap beside the last picture')
        .toEqual({ shares: [0.5, 0.5, 1], areEqual: true });

      await pictures.first().click();
      const viewer = page.getByRole('dialog', { name: 'Pictures' });
      for (let position = 1; position <= 3; position++) {
        await expect(viewer).toContainText(`${position} of 14`);
        await expect(viewer.getByRole('img')).toBeVisible();
        await check(page, `picture ${position}, large`, []);
        await page.keyboard.press('ArrowRight');
      }
      await page.keyboard.press('Escape');
      // It is a step back, which would end a reload.
      await expect(page).not.toHaveURL(/picture/);

      api.pictures = [];
      await page.reload();
      await loaded(page, 4);
      await turn(page, '.thread__messages', isPhone, parts);
      await expect(page.locator('.medium__problem').first()).toBeVisible();
      await check(page, 'media that cannot be loaded', parts);
    });

    test('every other page, and every call answered by a 503', async ({
      page,
      tolerate,
      context,
    }) => {
      tolerate(/503|ERR_INTERNET_DISCONNECTED|dynamically imported/);
      await watchPage(page);
      const api = await generateApi(page, { conversations: 60, messages: 200 });
      await page.goto('/sign-in');
      await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
      await check(page, 'sign in', []);
      await page.goto('/sign-up');
      await page.getByLabel('Email').fill('nobody');
      await page.getByRole('button', { name: 'Create account' }).click();
      await expect(page.getByText('Email is invalid')).toBeVisible();
      await turn(page, '.auth-card');
      await check(page, 'sign up, with what is wrong', []);
      await page.goto('/nowhere');
      await expect(page.getByRole('heading', { name: "This page doesn't exist" })).toBeVisible();
      await check(page, 'an address that no page has, signed out', []);

      await page.goto('/sign-in');
      await fillSignIn(page, EMAIL, PASSWORD);
      await expect(page.locator(RAIL)).toBeVisible();
      for (const place of ['account', 'security', 'help']) {
        await page.goto(`/settings/${place}`);
        await expect(page.locator('.settings-page h1')).toBeVisible();
        if (place === 'account')
          await page.getByRole('button', { name: 'Delete account…' }).click();
        if (place === 'security') await expect(page.getByText(LONG_WORD)).toBeVisible();
        await turn(page, 'app-settings-page');
        await check(page, place, [RAIL]);
      }
      await page.goto(`/nowhere/${'x'.repeat(200)}`);
      await expect(page.getByRole('heading', { name: "This page doesn't exist" })).toBeVisible();
      await check(page, 'an address that no page has', [RAIL]);

      const logRows = page.locator('app-log-row');
      await page.goto('/log');
      await expect(logRows.nth(99)).toBeAttached();
      await check(page, 'the log', [RAIL]);
      await turn(page, 'app-message-log-page', isPhone, [RAIL]);
      await expect(logRows.nth(199)).toBeAttached();
      await check(page, 'the log, to its end', [RAIL]);
      api.stored = { conversations: 0, messages: 0 };
      await page.goto(`/log?period=dates&from=2026-11-01&to=2026-11-02&search=${'a'.repeat(100)}`);
      await expect(page.getByRole('heading', { name: 'No messages match' })).toBeVisible();
      await turn(page, 'app-message-log-page');
      await check(page, 'the log, with filters that nothing matches', [RAIL]);
      await page.goto('/messages');
      await expect(page.getByRole('heading', { name: 'Send a text' })).toBeVisible();
      await page.getByLabel('Phone number').fill('12');
      await page.getByRole('button', { name: 'Start writing' }).click();
      await expect(page.getByText('must begin with + and the country code')).toBeVisible();
      await check(page, 'no messages yet, and a number that cannot be one', [RAIL]);
      api.stored = { conversations: 60, messages: 200 };
      const shown = isPhone ? [] : [RAIL];

      await page.goto('/messages/new');
      const many = Array.from({ length: 12 }, (_, index) => `+49301234${String(index + 10)},`);
      await page.getByLabel('Phone number').fill(many.join(''));
      await expect(page.getByRole('button', { name: /^Remove/ })).toHaveCount(12);
      await check(page, 'a new message to many', shown);
      const row = Array.from({ length: 30 }, (_, index) => `${LONG_WORD}${String(index)}`);
      await pasteText(
        page.getByLabel('Phone number'),
        [row, row].map((each) => each.join('\t')).join('\n'),
      );
      await expect(page.getByRole('dialog').getByRole('checkbox')).toHaveCount(30);
      await turn(page, '.column-dialog__columns');
      await check(page, 'a pasted table', ['.column-dialog']);
      await page.keyboard.press('Escape');
      await composer(page).fill(LONG_URL);
      await turn(page, '.messenger-page__new');
      await check(page, 'a new message', shown);
      const { width: room } = await boxOf(page, '.messenger-page__pane');
      const { width } = await boxOf(page, '.messenger-page__new .composer');
      expect.soft(width, 'for a new message').toBeGreaterThanOrEqual(Math.min(544, room - 96));

      // In a text field, it would be a letter.
      await page.keyboard.press('Escape');
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog', { name: 'Help' })).toBeVisible();
      await turn(page, '.help-dialog');
      await check(page, 'help', shown);
      await page.keyboard.press('Escape');
      if (!isPhone) {
        await page.getByRole('button', { name: /^Account of/ }).click();
        await check(page, 'the menu', shown);
        await page.keyboard.press('Escape');
      }

      await page.goto(`/messages/${PEER}?details=${'1'.padStart(24, '0')}`);
      await expect(page.getByRole('dialog', { name: 'Message details' })).toContainText('SID');
      await turn(page, '.side-panel');
      await check(page, 'details', shown);
      await page.keyboard.press('Escape');

      await page.goto(`/messages/${PEER}?details=contact`);
      const card = page.getByRole('dialog', { name: 'Contact' });
      await expect(card.getByRole('button', { name: 'Add name' })).toBeVisible();
      await check(page, 'a number without a contact', shown);
      api.contacts = [CONTACT];
      await page.reload();
      await expect(card.getByRole('button', { name: 'Remove contact…' })).toBeVisible();
      await turn(page, '.side-panel');
      await check(page, 'a contact', shown);
      await card.getByRole('button', { name: 'Edit' }).click();
      await card.getByLabel('Name').fill(' ');
      await card.getByRole('button', { name: 'Save' }).click();
      await expect(card.getByText("Name can't be blank.")).toBeVisible();
      await turn(page, '.side-panel');
      await check(page, 'a contact that is being changed', shown);
      await card.getByRole('button', { name: 'Cancel' }).click();

      const latest = { opted_out: true, at: CONTACT.created_at, source: 'manual' };
      const optOut = { number: PEER, opted_out: true, history: [] };
      await page.route('**/api/opt_outs/*', (route) =>
        route.fulfill({
          json: { ...optOut, latest: { ...latest, reason: LONG_URL.slice(0, 200) } },
        }),
      );
      await page.reload();
      await expect(card.getByRole('button', { name: 'Allow messages' })).toBeVisible();
      await turn(page, '.side-panel');
      await check(page, 'a contact that was opted out by hand', [...shown, '.pane-header']);
      await page.keyboard.press('Escape');
      await expect(page.locator('.closed-composer')).toBeVisible();
      await check(page, 'the thread of somebody who was opted out', [...shown, '.thread h1']);
      await page.unroute('**/api/opt_outs/*');
      api.contacts = [];

      await page.goto('/messages');
      const box = page.getByRole('searchbox');
      await box.fill('line');
      await expect(
        page.getByRole('region', { name: 'Search results' }).getByRole('link'),
      ).toHaveCount(30);
      await turn(page, '.conversation-list__rows');
      await check(page, 'search results', [RAIL, LIST]);
      await box.fill('a'.repeat(100));
      await check(page, 'search for what is long', [RAIL, LIST]);
      api.stored = { conversations: 60, messages: 0 };
      await box.fill('b'.repeat(100));
      await expect(page.getByText('No results for')).toBeVisible();
      await check(page, 'nothing found', [RAIL, LIST]);

      api.stored = { conversations: 60, messages: 200 };
      await page.goto(`/messages/${PEER}`);
      await loaded(page, 200);
      api.offline = true;
      await context.setOffline(true);
      await expect(page.getByText("You're offline.")).toBeVisible();
      await check(page, 'offline', [...shown, COMPOSER]);
      api.offline = false;
      await context.setOffline(false);

      api.broken = true;
      await scrollToOldest(page);
      await expect(page.getByRole('button', { name: 'Load older' })).toBeVisible();
      await expect(
        page.locator('.messenger-page__pane').getByText("The server can't reach"),
      ).toBeVisible();
      await check(page, 'a 503 for more', [...shown, COMPOSER]);
      for (const path of [
        '/messages',
        `/messages/${PEER}`,
        '/log',
        '/contacts',
        '/settings/security',
        '/sign-up',
      ]) {
        await page.goto(path);
        await expect(
          page
            .getByText(/can't|problem/)
            .filter({ visible: true })
            .first(),
        ).toBeVisible();
        await check(page, `a 503 for ${path}`, []);
      }
    });
  });
}

/** A sound of no length. */
const SILENCE = Buffer.from(
  'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=',
  'base64',
);

/** How much of the width each picture takes, and whether they are equally high, but for the gap between two. */
function pictureBoxes(media: Locator): Promise<{ shares: number[]; areEqual: boolean }> {
  return media.evaluate((element) => {
    const boxes = [...element.querySelectorAll('.medium--picture')].map((picture) =>
      picture.getBoundingClientRect(),
    );
    const { width } = element.getBoundingClientRect();
    return {
      shares: boxes.map((box) => Math.round((2 * box.width) / width) / 2),
      areEqual: boxes.every((box) => Math.abs(box.height - (boxes[0]?.height ?? 0)) < 3),
    };
  });
}

async function pngOf(page: Page, width: number, height: number): Promise<Buffer> {
  const url = await page.evaluate(
    ([width, height]) => {
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      const context = canvas.getContext('2d');
      if (!context) throw new Error('Nothing can be drawn.');
      context.fillStyle = 'teal';
      context.fillRect(0, 0, width, height);
      return canvas.toDataURL('image/png');
    },
    [width, height] as const,
  );
  return Buffer.from(url.split(',')[1] ?? '', 'base64');
}

/** Sessions are stored, and nothing that the user writes. */
function fillStorage(): void {
  Storage.prototype.setItem = function (this: Storage, key: string, value: string): void {
    if (key.includes('drafts')) throw new DOMException('It is full.', 'QuotaExceededError');
    this[key] = value;
  };
}

async function enter(page: Page): Promise<GeneratedApi> {
  const api = await generateApi(page, { conversations: 0, messages: 0 });
  await page.goto('/sign-in');
  await fillSignIn(page, EMAIL, PASSWORD);
  await expect(page.getByRole('heading', { name: 'Send a text, see it arrive' })).toBeVisible();
  return api;
}

async function loaded(page: Page, messages: number): Promise<void> {
  await expect(page.getByRole('log')).toHaveAttribute('aria-busy', 'false');
  await expect(page.locator('app-message-bubble')).toHaveCount(Math.min(messages, 50));
}

async function goThroughList(page: Page, parts: string[], touches: boolean): Promise<void> {
  const more = page.getByRole('button', { name: 'Show more conversations' });
  while ((await more.count()) > 0) {
    const rows = await page.locator('.conversation-row').count();
    await more.click();
    await expect(page.locator('.conversation-row').nth(rows)).toBeAttached();
  }
  await turn(page, '.conversation-list__rows', touches, parts);
  const rows = page.locator('.conversation-row');
  if ((await rows.count()) > 0) {
    await rows.first().focus();
    await press(
      page,
      ['End', 'Space', 'PageDown', 'ArrowDown', 'Home', 'ArrowUp', 'PageUp'],
      parts,
    );
  }
  await check(page, 'the list', parts);
}

async function goThroughThread(page: Page, parts: string[], touches: boolean): Promise<void> {
  const older = page.locator('.thread__edge');
  for (let more = 0; more < PAGES_OF_MESSAGES; more++) {
    // First: a high screen loads more by itself.
    const bubbles = await page.locator('app-message-bubble').count();
    if ((await older.count()) === 0) break;
    await scrollToOldest(page);
    await expect(page.locator('app-message-bubble').nth(bubbles)).toBeAttached();
  }
  await turn(page, '.thread__messages', touches, parts);
  await page.getByRole('log').focus();
  await press(page, ['Home', 'PageUp', 'Space', 'End', 'PageDown'], parts);
  // Elsewhere, these keys move between conversations.
  if (!touches) await press(page, ['ArrowUp', 'ArrowDown'], parts);
  await composer(page).fill(`${LONG_URL}\n`.repeat(20));
  await press(page, ['PageUp', 'PageDown', 'Control+Home', 'Control+End'], parts);
  await press(page, Array<string>(30).fill('Tab'), parts);
  await press(page, Array<string>(30).fill('Shift+Tab'), parts);
  await check(page, 'the thread', parts);
}

/** Beyond both ends, twice: the second time only an ancestor could still be scrolled. */
async function turn(
  page: Page,
  scroller: string,
  touches = false,
  parts: readonly string[] = [],
): Promise<void> {
  const { x, y, width, height } = await boxOf(page, scroller);
  const [middle, centre] = [x + width / 2, y + height / 2];
  await page.mouse.move(middle, centre);
  for (const [across, down] of [
    [0, ENOUGH_PX],
    [0, ENOUGH_PX],
    [0, -ENOUGH_PX],
    [0, -ENOUGH_PX],
    [ENOUGH_PX, 0],
  ] as const) {
    await page.mouse.wheel(across, down);
    await stays(page, `the wheel by ${across}, ${down} px over ${scroller}`, parts);
  }
  if (!touches) return;
  const devtools = await page.context().newCDPSession(page);
  // Away from the edge, a finger that moves to the left opens a message's details.
  const edge = x + width - 12;
  for (const [from, across, down] of [
    [middle, 0, -ENOUGH_PX],
    [middle, 0, -800],
    [middle, 0, ENOUGH_PX],
    [middle, 0, 800],
    [edge, -400, 0],
  ] as const) {
    await devtools.send('Input.synthesizeScrollGesture', {
      x: from,
      y: centre,
      xDistance: across,
      yDistance: down,
      gestureSourceType: 'touch',
      speed: 400_000,
    });
    await stays(page, `a finger by ${across}, ${down} px over ${scroller}`, parts);
  }
  await devtools.detach();
}

async function press(page: Page, keys: readonly string[], parts: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
  await stays(page, keys.join(' '), parts);
}

async function stays(page: Page, act: string, parts: readonly string[]): Promise<void> {
  expect.soft(await displaced(page, parts), `after ${act}`).toEqual([]);
}

async function check(page: Page, state: string, parts: readonly string[]): Promise<void> {
  await stays(page, state, parts);
  expect.soft(await layoutFaults(page), state).toEqual([]);
  await showHidden(page);
  await stays(page, `something hidden was to be shown: ${state}`, parts);
}

async function boxOf(page: Page, selector: string) {
  const box = await page.locator(selector).boundingBox();
  expect(box, selector).not.toBeNull();
  return box ?? { x: 0, y: 0, width: 0, height: 0 };
}

for (const width of [360, 768, 1280]) {
  test.describe(`${width}px wide`, () => {
    test.use({ viewport: { width, height: 740 } });

    test('nothing that matters is cut: an opt-out, rows of recipients, a SID', async ({ page }) => {
      const api = await generateApi(page, { conversations: 3, messages: 2 });
      await page.goto('/sign-in');
      await fillSignIn(page, EMAIL, PASSWORD);
      await expect(page.locator('.conversation-row').first()).toBeVisible();

      await page.goto(`/messages/${PEER}?details=${'1'.padStart(24, '0')}`);
      const details = page.getByRole('dialog', { name: 'Message details' });
      const sid = details.getByText(/^SM/);
      await sid.scrollIntoViewIfNeeded();
      expect.soft(await linesOf(sid)).toBe(1);
      const ends = await details.locator('.facts__row dd').evaluateAll((facts) =>
        facts.slice(0, -1).map((fact) => {
          const text = document.createRange();
          text.selectNodeContents(fact.querySelector('span') ?? fact);
          return Math.round(text.getBoundingClientRect().right);
        }),
      );
      expect(ends.length).toBeGreaterThan(2);
      expect.soft(new Set(ends).size).toBe(1);

      const latest = {
        opted_out: true,
        at: CONTACT.created_at,
        source: 'keyword',
        reason: null,
      } as const;
      api.optOuts = [{ number: PEER, opted_out: true, latest, history: [] }];
      api.contacts = [{ ...CONTACT, name: 'Maximilian Mustermann' }];
      await page.goto(`/messages/${PEER}`);
      const header = page.locator('.thread__peer p');
      await expect(header).toContainText(/\+1 415 555 2671.*Opted out/);
      expect.soft(await header.evaluate((line) => line.scrollWidth <= line.clientWidth)).toBe(true);
      expect.soft(await linesOf(header.getByText('Opted out'))).toBe(1);
      const icon = await page.locator('.closed-composer__box .icon').boundingBox();
      const title = await page.locator('.closed-composer__box strong').boundingBox();
      expect.soft(middleOf(icon)).toBeCloseTo(middleOf(title), 0);

      await page.goto('/messages/new');
      const field = page.getByLabel('Phone number');
      for (let last = 10; last < 40; last += 1) await field.fill(`+1 415 555 26${last},`);
      const row = page.locator('.recipient__row');
      await expect(row.locator('.recipient__chip')).toHaveCount(30);
      for (const end of [0, 10_000]) {
        const cut = await row.evaluate((scroller, top) => {
          scroller.scrollTop = top;
          const box = scroller.getBoundingClientRect();
          return [...scroller.querySelectorAll('.recipient__chip')]
            .map((chip) => chip.getBoundingClientRect())
            .filter(({ top: from, bottom: to }) => to > box.top + 1 && from < box.bottom - 1)
            .filter(({ top: from, bottom: to }) => from < box.top - 1 || to > box.bottom + 1)
            .length;
        }, end);
        expect.soft(cut).toBe(0);
      }
    });
  });
}

/** On how many lines a text stands. */
function linesOf(text: Locator): Promise<number> {
  return text.evaluate((element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
  });
}

function middleOf(box: { readonly y: number; readonly height: number } | null): number {
  return box ? box.y + box.height / 2 : Number.NaN;
}
