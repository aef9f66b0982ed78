import { Page } from '@playwright/test';
import {
  PASSWORD,
  bubble,
  composer,
  expect,
  newEmail,
  newNumber,
  newPerson,
  setFault,
  test,
} from './fixtures';

/** The simulated provider responds with 429 to every message to this number. */
const RATE_LIMITED = '+15005551007';

/** Whether the focus is visible: an element has it, with an outline in the focus colour. */
function focusOnScreen(page: Page): Promise<string> {
  return page.evaluate(() => {
    const focused = document.activeElement;
    if (focused === null || focused === document.body) return 'nowhere';
    if (!focused.checkVisibility({ visibilityProperty: true })) return 'hidden';
    const sample = document.head.appendChild(document.createElement('span'));
    sample.style.color = 'var(--color-focus)';
    const ring = getComputedStyle(sample).color;
    sample.remove();
    // The outline is around it, around the box that it fills, or around what represents it.
    const bearers = [
      focused,
      focused.closest('.composer__row, .recipient__row, .welcome__row, .search-box, .search-field'),
      focused.querySelector(':scope > .message-bubble__row > .message-bubble__content'),
      focused.matches('[type=radio]') ? focused.nextElementSibling : null,
    ];
    const styles = bearers.flatMap((bearer) => (bearer ? [getComputedStyle(bearer)] : []));
    // A link that covers its row.
    if (focused.matches('.log-row__link')) styles.push(getComputedStyle(focused, '::after'));
    const isRinged = styles.some(({ outlineColor, outlineStyle, outlineWidth }) => {
      return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && outlineColor === ring;
    });
    return isRinged ? 'seen' : `without a ring: ${focused.outerHTML.slice(0, 120)}`;
  });
}

/** Whether something else is drawn over the middle of what has the focus. */
function isCovered(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const focused = document.activeElement ?? document.body;
    const { left, top, width, height } = focused.getBoundingClientRect();
    const drawn = document.elementFromPoint(left + width / 2, top + height / 2);
    return !focused.contains(drawn);
  });
}

async function press(page: Page, key: string): Promise<void> {
  await page.keyboard.press(key);
  await expect.poll(() => focusOnScreen(page), `the focus after ${key}`).toBe('seen');
}

/** Presses Tab until it has the focus, and never onto a hidden element. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let step = 0; step < 60; step += 1) {
    await page.keyboard.press('Tab');
    // The browser's own toolbar follows the last element.
    if ((await page.locator(':focus').count()) === 0) continue;
    expect(await focusOnScreen(page)).toBe('seen');
    const label = await page
      .locator(':focus')
      .evaluate(
        (element) =>
          element.getAttribute('aria-label') ??
          (element as HTMLInputElement).labels?.[0]?.innerText ??
          (element as HTMLElement).innerText,
      );
    const isIt = typeof name === 'string' ? label.trim() === name : name.test(label.trim());
    if (isIt) return;
  }
  throw new Error(`Tab does not lead to ${String(name)}`);
}

async function choose(page: Page, name: string | RegExp): Promise<void> {
  await tabTo(page, name);
  await press(page, 'Enter');
}

async function signInByKeys(page: Page, email: string): Promise<void> {
  await page.goto('/sign-in');
  await expect(page.getByLabel('Email')).toBeFocused();
  await page.keyboard.type(email);
  await press(page, 'Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  // With the number of messages: the conversations are there, for the arrows to go through.
  await expect(page.getByRole('heading', { name: /^Message History \(\d/ })).toBeAttached();
}

/** However it is grouped. */
function asShown(number: string): RegExp {
  return new RegExp(number.slice(-7).replaceAll(/\d/g, '$&\\s*'));
}

/** Searches by its last digits. */
async function findConversation(page: Page, number: string): Promise<void> {
  await press(page, 'Control+k');
  await page.keyboard.type(number.slice(-7));
  await expect(page.getByText('1 conversation found.')).toBeAttached();
  await choose(page, asShown(number));
  await expect(page.getByRole('heading', { name: asShown(number) })).toBeVisible();
  await press(page, 'Control+k');
  await press(page, 'Escape');
}

test('from signing up to signing out without a mouse', async ({ page, phone }) => {
  const keys = page.keyboard;
  await page.goto('/sign-up');
  await expect(page.getByLabel('Email')).toBeFocused();
  await keys.type(newEmail());
  await press(page, 'Tab');
  await keys.type(PASSWORD);
  await tabTo(page, 'Show password');
  await press(page, 'Enter');
  await expect(page.getByLabel('Confirm password')).toHaveAttribute('type', 'text');
  await expect(page.getByRole('button', { name: 'Hide password' })).toBeFocused();
  await press(page, 'Tab');
  await keys.type(PASSWORD);
  await press(page, 'Enter');

  await expect(page.getByRole('heading', { name: 'Send a text, see it arrive' })).toBeVisible();
  await expect(page.getByLabel('Phone number')).toBeFocused();
  await keys.type(phone.unhurried);
  await page.keyboard.press('Enter');
  await expect(composer(page)).toBeFocused();
  await keys.type('Without a mouse');
  await press(page, 'Enter');
  await expect(bubble(page, 'Without a mouse')).toContainText('Queued');

  await press(page, 'Escape');
  await press(page, 'Control+k');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await keys.type('mouse');
  await expect(page.getByText('1 message found')).toBeAttached();
  await press(page, 'Escape');
  await expect(page.getByRole('searchbox')).toHaveValue('');

  // The row, not the button for actions on it.
  await choose(page, /^(?!Actions)[^]*\+1 500 555 1002/);
  await expect(page.getByRole('heading', { name: phone.unhurried })).toBeVisible();

  await choose(page, /^Help/);
  const help = page.getByRole('dialog', { name: 'Help' });
  await expect(help).toContainText('Write a new message');
  await press(page, 'Escape');
  await expect(help).toBeHidden();
  await expect(page.getByRole('button', { name: 'Help' })).toBeFocused();
  await press(page, 'n');
  await expect(page).toHaveURL('/messages/new');

  await choose(page, 'Settings');
  await expect(page.getByRole('heading', { name: 'Account', exact: true })).toBeFocused();
  await tabTo(page, 'System');
  await press(page, 'ArrowDown');
  await expect(page.getByLabel('Light')).toBeChecked();

  await choose(page, /^Account of/);
  await tabTo(page, 'Sign out');
  await press(page, 'Enter');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await expect(page.getByLabel('Email')).toBeFocused();
});

test('the conversations, a search and the details of a message', async ({
  page,
  request,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const person = await newPerson(request);
  const [ada, bob] = [newNumber(), newNumber()];
  await person.write(ada, 'Ada, look at the ferns');
  await person.write(bob, 'Bob, look at the moss');
  await signInByKeys(page, person.email);

  // Outside a text field, arrows move between conversations.
  await tabTo(page, /^Help/);
  await press(page, 'ArrowDown');
  await expect(page.locator('a.conversation-row:focus')).toContainText('Bob');
  await press(page, 'ArrowDown');
  await expect(page.locator('a.conversation-row:focus')).toContainText('Ada');
  await press(page, 'Enter');
  await expect(page.getByRole('heading', { name: asShown(ada) })).toBeVisible();
  await tabTo(page, /^Help/);
  await press(page, 'ArrowUp');
  await press(page, 'ArrowUp');
  await press(page, 'Enter');
  await expect(page.getByRole('heading', { name: asShown(bob) })).toBeVisible();

  await press(page, 'Control+k');
  await page.keyboard.type('ferns');
  await expect(page.getByText('1 message found')).toBeAttached();
  await choose(page, /Ada, look at the ferns/);
  await expect(bubble(page, 'Ada, look')).toBeFocused();
  await press(page, 'Control+k');
  await expect(page.getByRole('searchbox')).toHaveValue('ferns');
  await press(page, 'Escape');
  await expect(page.getByRole('searchbox')).toHaveValue('');
  await expect(page.getByRole('link', { name: /Bob/ })).toBeVisible();

  await choose(page, /^Actions on the message/);
  await expect(page.getByRole('menuitem', { name: 'Copy text' })).toBeFocused();
  await press(page, 'End');
  await press(page, 'ArrowUp');
  await press(page, 'Enter');
  const details = page.getByRole('dialog', { name: 'Message details' });
  await expect(details).toContainText('SID');
  await choose(page, 'Copy the SID');
  await expect(details.getByText('Copied')).toBeAttached();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^SM[0-9a-f]{32}$/);
  await choose(page, 'Close');
  await expect(details).toBeHidden();
  await expect(page.getByRole('button', { name: /^Actions on the message/ })).toBeFocused();
});

test('the log, its filters, and the way to a message and back', async ({
  page,
  request,
  phone,
}) => {
  const person = await newPerson(request);
  await person.write(newNumber(), 'Look at the ferns');
  await person.write(phone.unhurried, 'Look at the moss');
  await signInByKeys(page, person.email);
  const rows = page.locator('app-log-row');
  await choose(page, 'Log');
  await expect(page.getByRole('heading', { name: 'Message log' })).toBeVisible();
  await expect(rows).toHaveCount(2);

  await tabTo(page, 'Search the log');
  await page.keyboard.type('moss');
  await press(page, 'Enter');
  await expect(page).toHaveURL('/log?search=moss');
  await expect(rows).toHaveCount(1);
  await tabTo(page, 'Status');
  await press(page, 'f');
  await expect(page).toHaveURL('/log?search=moss&status=failed');
  await expect(page.getByRole('heading', { name: 'No messages match' })).toBeVisible();
  await choose(page, 'Clear 2 filters');
  await expect(page.getByLabel('Search the log')).toBeFocused();
  await expect(rows).toHaveCount(2);

  await tabTo(page, /^Open the details of the message/);
  await press(page, 'Enter');
  await expect(page).toHaveURL(/\/messages\//);
  await expect(bubble(page, 'Look at the')).toBeFocused();
  // A headless browser has no shortcut for it.
  await page.goBack();
  await expect(page).toHaveURL('/log');
  await expect(rows.locator('a:focus')).toBeVisible();
});

test('the contacts: an import, a search, a form, a removal and a new contact', async ({
  page,
  request,
  tolerate,
}) => {
  tolerate(/503 .*\/api\/contacts/);
  const person = await newPerson(request);
  const [ada, bob, eve] = [newNumber(), newNumber(), newNumber()];
  await person.write(newNumber(), 'Look at the ferns');
  await person.call(bob, 'Bob');
  await signInByKeys(page, person.email);
  const rows = page.getByRole('list', { name: 'Your contacts' }).getByRole('link');
  const focus = page.locator(':focus');
  await choose(page, 'Contacts');
  await expect(rows).toHaveCount(1);

  await choose(page, 'Import');
  await expect(page.getByRole('heading', { name: 'Import contacts' })).toBeFocused();
  await tabTo(page, 'Choose a file');
  const buffer = Buffer.from(`Name,Phone,Notes\nAda,${ada},Mornings\nEve,call me,\n`);
  // The browser's own dialog has no keys here.
  await page
    .locator('app-contact-import input')
    .setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer });
  await expect(focus).toHaveText('people.csv');
  await expect.poll(() => focusOnScreen(page)).toBe('seen');
  await tabTo(page, 'What “Notes” is');
  await page.keyboard.press('Home');
  await expect(focus).toHaveValue('ignore');
  await tabTo(page, 'Update them with what the file states');
  await press(page, 'ArrowDown');
  await tabTo(page, 'Download rejected rows');
  await expect(page.getByRole('button', { name: 'Import 1 contact' })).toBeEnabled();
  await choose(page, 'Import 1 contact');
  await expect(page.getByRole('heading', { name: '1 contact imported' })).toBeFocused();
  await expect.poll(() => focusOnScreen(page)).toBe('seen');
  await choose(page, 'Show your contacts');
  await expect(page.getByRole('heading', { name: 'Contacts' })).toBeFocused();

  await tabTo(page, 'Export CSV');
  await page.route('**/api/contacts/export.csv', (route) => route.fulfill({ status: 503 }));
  await press(page, 'Enter');
  await expect(page.locator('.contacts__list').getByRole('alert')).toBeVisible();
  await expect.poll(() => focusOnScreen(page)).toBe('seen');
  await tabTo(page, 'Search your contacts');
  await page.keyboard.type('ada');
  await expect(rows).toHaveCount(1);
  await choose(page, 'Clear search');
  await expect(page.getByLabel('Search your contacts')).toBeFocused();
  await expect(rows).toHaveCount(2);
  await tabTo(page, /Ada/);
  await press(page, 'ArrowDown');
  await expect(focus).toContainText('Bob');
  await press(page, 'Enter');
  await expect(page.getByRole('heading', { name: 'Contact', exact: true })).toBeFocused();

  await choose(page, 'Edit');
  await expect(page.getByLabel('Name')).toBeFocused();
  for (const field of ['Note', 'Add a label', 'How they agreed to get messages'])
    await tabTo(page, field);
  await press(page, 'w');
  for (const field of ['When', 'Proof of consent']) await tabTo(page, field);
  await choose(page, 'Save');
  await expect(page.getByLabel('When')).toBeFocused();
  await expect.poll(() => isCovered(page), 'under the buttons').toBe(false);
  await choose(page, 'Cancel');
  await expect(page.getByRole('button', { name: 'Edit' })).toBeFocused();
  await press(page, 'Enter');
  await press(page, 'Control+a');
  await page.keyboard.type('Robert');
  await press(page, 'Enter');
  await expect(page.getByRole('button', { name: 'Edit' })).toBeFocused();
  await expect(rows).toHaveText([/Ada/, /Robert/]);

  await choose(page, 'Remove contact…');
  await expect(page.getByRole('button', { name: 'Keep' })).toBeFocused();
  await press(page, 'Enter');
  await expect(page.getByRole('button', { name: 'Remove contact…' })).toBeFocused();
  await press(page, 'Enter');
  await choose(page, 'Remove');
  await expect(page.getByRole('button', { name: 'Add name' })).toBeFocused();
  await expect.poll(() => focusOnScreen(page)).toBe('seen');
  await expect(rows).toHaveText([/Ada/]);

  await choose(page, 'New contact');
  await expect(page.getByRole('heading', { name: 'New contact' })).toBeFocused();
  await tabTo(page, 'Number');
  await page.keyboard.type(eve);
  await press(page, 'Enter');
  await expect(page.getByLabel('Name')).toBeFocused();
  await page.keyboard.type('Eve');
  await press(page, 'Enter');
  await expect(page.getByRole('button', { name: 'Edit' })).toBeFocused();
  await choose(page, 'Write');
  await expect(page.getByRole('heading', { name: 'Eve' })).toBeVisible();
});

test('the actions on a message', async ({ page, request, phone, tolerate }) => {
  const person = await newPerson(request);
  const [lost, answered] = [newNumber(), phone.unhurried.replaceAll(' ', '')];
  await setFault(request, { kind: 'error_500', to: lost, times: 1 });
  const text = `Please answer ${crypto.randomUUID()}`;
  await person.write(RATE_LIMITED, 'Better not');
  await person.write(lost, 'Did this leave?');
  await person.write(answered, text);
  await signInByKeys(page, person.email);

  await findConversation(page, RATE_LIMITED);
  const waiting = bubble(page, 'Better not');
  // While an attempt to send it is under way, it is too late, until the provider has refused it again.
  tolerate(/409 .*\/cancel/);
  await expect(async () => {
    await choose(page, 'Cancel sending');
    await expect(waiting).toContainText('Canceled', { timeout: 3_000 });
  }).toPass();
  await expect(waiting).toBeFocused();
  await tabTo(page, 'Send now');

  await findConversation(page, lost);
  const unconfirmed = bubble(page, 'Did this leave?');
  await expect(unconfirmed).toContainText("Please don't send it again yet");
  await choose(page, 'Stop retrying');
  await expect(unconfirmed).toContainText("It won't be retried.");
  await expect.poll(() => focusOnScreen(page)).toBe('seen');
  await choose(page, 'Send again anyway…');
  await expect(page.getByRole('button', { name: 'Keep waiting' })).toBeFocused();
  await press(page, 'Enter');
  await expect(unconfirmed).toBeFocused();
  await choose(page, 'Send again anyway…');
  await choose(page, 'Send anyway');
  await expect(unconfirmed).toHaveCount(2);
  await expect(unconfirmed.first()).toBeFocused();

  await phone.report(text, 'undelivered');
  await findConversation(page, answered);
  const failed = bubble(page, text);
  await expect(failed).toContainText("The phone couldn't be reached.");
  await choose(page, 'Retry');
  await expect(failed).toHaveCount(2);
  await expect(failed.first()).toContainText("You've sent it again.");
  await expect(failed.first()).toBeFocused();
  await tabTo(page, 'Message');
  await expect(composer(page)).toBeFocused();
});

test('the settings: another session, a new password, and deleting it', async ({
  page,
  request,
  tolerate,
}) => {
  // What was asked for before the response to the deletion meets the deleted account.
  tolerate(/401 .*\/api\//);
  const { email } = await newPerson(request);
  const password = 'another horse battery';
  await signInByKeys(page, email);
  await choose(page, 'Settings');
  await choose(page, 'Security');
  await expect(page.getByRole('heading', { name: 'Security' })).toBeFocused();

  await expect(page.getByRole('listitem')).toHaveCount(2);
  await choose(page, /^Sign out .*, signed in on/);
  await expect(page.getByText(/ is signed out\.$/)).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Where you are signed in' })).toBeFocused();

  await choose(page, 'Change password…');
  await expect(page.getByLabel('Current password', { exact: true })).toBeFocused();
  await page.keyboard.type('not the password');
  await tabTo(page, 'New password');
  await page.keyboard.type(password);
  await tabTo(page, 'Confirm new password');
  await page.keyboard.type('something else');
  await press(page, 'Enter');
  await expect(page.getByLabel('Confirm new password')).toBeFocused();
  await press(page, 'Control+a');
  await page.keyboard.type(password);
  // Past the new password and its button, the link for those who have forgotten the current one, and its button.
  for (let step = 0; step < 5; step += 1) await press(page, 'Shift+Tab');
  await expect(page.getByLabel('Current password', { exact: true })).toBeFocused();
  await press(page, 'Control+a');
  await page.keyboard.type(PASSWORD);
  await press(page, 'Enter');
  await expect(page.getByText('Your password has been changed')).toBeVisible();

  await expect(page.getByRole('button', { name: 'Change password…' })).toBeFocused();
  await choose(page, 'Account');
  await choose(page, 'Delete account…');
  await expect(page.getByLabel('Your password, to confirm')).toBeFocused();
  await choose(page, 'Keep my account');
  await expect(page.getByRole('button', { name: 'Delete account…' })).toBeFocused();
  await press(page, 'Enter');
  await expect(page.getByLabel('Your password, to confirm')).toBeFocused();
  await page.keyboard.type(password);
  await press(page, 'Enter');
  await expect(
    page.getByText('Your account and all its messages have been deleted.'),
  ).toBeVisible();
  await expect(page.getByLabel('Email')).toBeFocused();
});

test('Escape leaves the text field and keeps its text, and single-key shortcuts work', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Look at the ferns');
  await signInByKeys(page, person.email);
  await expect(page.getByRole('link', { name: /Look at the ferns/ })).toBeVisible();
  await press(page, 'Control+k');
  await press(page, 'Escape');
  await expect(page.locator('a.conversation-row:focus')).toContainText('Look at the ferns');
  await press(page, 'Enter');
  await expect(composer(page)).toBeFocused();
  await page.keyboard.type('n/? ');

  await press(page, 'Escape');
  await expect(page.getByRole('heading', { name: asShown(number) })).toBeFocused();
  await expect(page).toHaveURL(`/messages/${encodeURIComponent(number)}`);
  await expect(composer(page)).toHaveValue('n/? ');
  await press(page, '/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await press(page, 'Escape');
  await expect(page.getByRole('searchbox')).not.toBeFocused();
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Help' });
  await expect(help).toContainText('Leave the text field');
  // A dialog or menu is closed first, and nothing else.
  await press(page, 'Escape');
  await expect(help).toBeHidden();
  await expect(page).toHaveURL(`/messages/${encodeURIComponent(number)}`);
  await press(page, 'n');
  await expect(page).toHaveURL('/messages/new');
  await expect(page.getByLabel('Phone number')).toBeFocused();
  await press(page, 'Escape');
  await expect(page.getByRole('heading', { name: 'New message' })).toBeFocused();
  await press(page, 'ArrowDown');
  await expect(page.locator('a.conversation-row:focus')).toContainText('Draft: n/?');
});

test('arrows and Enter in search results', async ({ page, request }) => {
  const person = await newPerson(request);
  const [ada, bob, cy] = [newNumber(), newNumber(), newNumber()];
  await person.write(ada, 'Your parcel is at the door');
  await person.write(bob, 'Another parcel for you');
  await person.write(cy, 'Nothing for anybody');
  await signInByKeys(page, person.email);

  // Enter opens the first result, even before the search has run.
  await press(page, 'Control+k');
  await page.keyboard.type('at the door');
  await page.keyboard.press('Enter');
  await expect(bubble(page, 'Your parcel')).toBeFocused();

  await press(page, 'Control+k');
  await page.keyboard.type('parcel');
  await expect(page.getByText('2 messages found')).toBeAttached();
  const found = page.locator('a.conversation-row:focus');
  await press(page, 'ArrowDown');
  await expect(found).toContainText('Another parcel');
  await press(page, 'ArrowDown');
  await expect(found).toContainText('Your parcel');
  await press(page, 'ArrowDown');
  await expect(found).toContainText('Your parcel');
  await press(page, 'Home');
  await expect(found).toContainText('Another parcel');
  await press(page, 'ArrowUp');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await expect(page.getByRole('searchbox')).toHaveValue('parcel');
  // One tab stop, at the result focused last.
  await press(page, 'ArrowDown');
  await press(page, 'End');
  // The tab stop follows with the next frame.
  await expect(found).toHaveAttribute('tabindex', '0');
  await press(page, 'Shift+Tab');
  await press(page, 'Tab');
  await expect(found).toContainText('Your parcel');
  await press(page, 'Home');
  await press(page, 'Enter');
  await expect(bubble(page, 'Another parcel')).toBeFocused();

  await press(page, 'Control+k');
  await press(page, 'ArrowDown');
  await press(page, 'Escape');
  await expect(page.getByRole('searchbox')).toHaveValue('');
  await expect(found).toBeVisible();
  await expect(page.getByText('Nothing for anybody')).toBeVisible();
});
