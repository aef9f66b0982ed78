import { readFile } from 'node:fs/promises';
import { Page } from '@playwright/test';
import { PASSWORD, enter, expect, fillSignIn, newNumber, newPerson, test } from './fixtures';
import { EMAIL, generateApi } from './generated-api';

const rows = (page: Page) => page.getByRole('list', { name: 'Your contacts' }).getByRole('link');

async function openContacts(page: Page): Promise<void> {
  const places = page.getByRole('navigation', { name: 'Main' });
  await places.getByRole('link', { name: 'Contacts' }).click();
  await expect(page).toHaveURL('/contacts');
  await expect(page.getByRole('heading', { name: 'Contacts', exact: true })).toBeVisible();
}

function count(page: Page, name: string) {
  return page.locator('.contact-import__counts > div').filter({ hasText: name }).locator('dd');
}

async function chooseFile(page: Page, text: string, name = 'customers.csv'): Promise<void> {
  const input = page.locator('app-contact-import input[type=file]');
  await input.setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
}

test('somebody imports a file with a faulty row, searches, edits and writes', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  const [ada, bob, known] = [newNumber(), newNumber(), newNumber()];
  await enter(page, person);
  await openContacts(page);
  await expect(page).toHaveTitle('Contacts · MySMS Messenger');
  await expect(page.getByRole('heading', { name: 'No contacts yet' })).toBeVisible();
  await person.call(known, 'Eve');
  await expect(rows(page)).toHaveText([/Eve/]);

  await page.getByRole('link', { name: 'Import', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Import contacts' })).toBeFocused();
  await chooseFile(
    page,
    `Kunde;Phone;Notes\r\nZoë Lovelace;${ada};Mornings\r\nBob;call me;\r\nBob;${bob};\r\nEve;${known};\r\n`,
  );
  await expect(page.locator('.contact-import__file')).toHaveText('customers.csv');
  await expect(page.locator('.contact-import__file')).toBeFocused();
  await expect(count(page, 'Invalid')).toHaveText('4');
  // The column of names has a name that nobody knows.
  await page.getByRole('combobox', { name: 'What “Kunde” is' }).selectOption('Name');
  await expect(count(page, 'New')).toHaveText('2');
  await expect(count(page, 'Duplicates')).toHaveText('1');
  await expect(count(page, 'Invalid')).toHaveText('1');
  await expect(
    page
      .getByRole('list', { name: 'The first rows' })
      .getByRole('listitem')
      .filter({ hasText: 'call me' }),
  ).toContainText('Number has letters in it: write the number in digits');
  await expect(rows(page)).toHaveCount(1);
  await page.getByRole('button', { name: 'Import 2 contacts' }).click();
  await expect(page.getByRole('heading', { name: '2 contacts imported' })).toBeFocused();
  await expect(rows(page)).toHaveText([/Bob/, /Eve/, /Zoë Lovelace/]);
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download rejected rows' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('rejected-contacts.csv');
  const rejected = await readFile(await download.path(), 'utf8');
  expect(rejected.split('\r\n')).toEqual([
    '\ufeff"reason","Kunde","Phone","Notes"',
    '"Number has letters in it: write the number in digits","Bob","call me",""',
    '',
  ]);

  const search = page.getByRole('searchbox', { name: 'Search your contacts' });
  await search.fill('love zoe');
  await expect(rows(page)).toHaveText([/Zoë Lovelace/]);
  await search.fill('nobody');
  await expect(page.getByRole('heading', { name: 'No contacts match' })).toBeVisible();
  await search.press('Escape');
  await expect(rows(page)).toHaveCount(3);
  await search.fill(ada.slice(-6));
  await expect(rows(page)).toHaveText([/Zoë Lovelace/]);
  await rows(page).click();
  await expect(page).toHaveURL(`/contacts/${encodeURIComponent(ada)}`);
  await expect(page).toHaveTitle('Zoë Lovelace · MySMS Messenger');
  await expect(page.getByRole('heading', { name: 'Contact', exact: true })).toBeFocused();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Name').fill('Zoë King');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'Zoë King' })).toBeVisible();
  await expect(rows(page)).toHaveText([/Zoë King/]);
  await page.getByRole('link', { name: 'Write' }).click();
  await expect(page).toHaveURL(`/messages/${encodeURIComponent(ada)}`);
  await page.getByRole('textbox', { name: 'Message' }).fill('Your table is ready.');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.getByRole('log')).toContainText('Your table is ready.');
});

test('the same file once more has nothing new, and cards are read, too', async ({
  page,
  request,
  tolerate,
}) => {
  tolerate(/422/);
  const person = await newPerson(request);
  const [cell, work] = [newNumber(), newNumber()];
  await enter(page, person);
  await page.goto('/contacts/import');
  const photo = `PHOTO;ENCODING=b:${'A'.repeat(70)}\r\n ${'A'.repeat(70)}\r\n`.repeat(40_000);
  const cards = `BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\n${photo}TEL;TYPE=CELL:${cell}\r\nTEL:${work}\r\nEND:VCARD\r\n`;
  await chooseFile(page, cards, 'cards.vcf');
  await page.getByRole('button', { name: 'Import 2 contacts' }).click();
  await expect(page.getByRole('heading', { name: '2 contacts imported' })).toBeVisible();
  await page.getByRole('link', { name: 'Show your contacts' }).click();
  await expect(rows(page)).toHaveText([/Ada/, /Ada/]);
  await page.getByRole('link', { name: 'Import', exact: true }).click();
  await chooseFile(page, cards.replace(photo, ''), 'cards.vcf');
  await expect(page.getByText('There is nothing new to import.')).toBeVisible();
  await expect(count(page, 'Duplicates')).toHaveText('2');
  await chooseFile(page, 'Name,Phone\r\nZoë,044 668 18 00\r\n');
  await expect(count(page, 'Invalid')).toHaveText('1');
  const country = page.getByRole('combobox', { name: 'Numbers without a country code are from' });
  let previews = 0;
  page.on('request', (call) => {
    if (call.url().includes('/api/contacts/import')) previews += 1;
  });
  // As fast as a key that is held.
  await country.evaluate((select: HTMLSelectElement) => {
    for (const code of ['SE', 'SJ', 'CH']) {
      select.value = code;
      select.dispatchEvent(new Event('change'));
    }
  });
  await expect(country).toHaveValue('CH');
  await expect(page.getByRole('button', { name: 'Import 1 contact' })).toBeEnabled();
  expect(previews).toBe(1);
  await page.getByRole('button', { name: 'Import 1 contact' }).click();
  await expect(page.getByRole('heading', { name: '1 contact imported' })).toBeVisible();
  await expect(rows(page).filter({ hasText: 'Zoë' })).toContainText('+41 44 668 18 00');
  await chooseFile(page, 'PK\u0003\u0004', 'contacts.xlsx');
  await expect(page.getByRole('alert')).toContainText('This is a spreadsheet');
  await chooseFile(page, 'x'.repeat(6 * 1024 * 1024));
  await expect(page.getByRole('alert')).toContainText('larger than 5 MB');
});

test('a file can be dropped, and what fails can be tried again', async ({
  page,
  request,
  tolerate,
}) => {
  tolerate(/503|ERR_FAILED/);
  const person = await newPerson(request);
  const number = newNumber();
  await enter(page, person);
  await page.goto('/contacts/import');
  let failing = true;
  await page.route('**/api/contacts/import?*', async (route) => {
    if (failing) await route.abort('failed');
    else await route.fallback();
  });
  const dropped = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], 'dropped.csv', { type: 'text/csv' }));
    return data;
  }, `Name,Phone\nAda,${number}\n`);
  const place = page.locator('.contact-import__drop');
  await place.dispatchEvent('dragover', { dataTransfer: dropped });
  await expect(place).toHaveClass(/drop--over/);
  await place.dispatchEvent('drop', { dataTransfer: dropped });
  await expect(page.getByRole('alert')).toBeVisible();
  failing = false;
  await page.getByRole('button', { name: 'Try again' }).click();
  const submit = page.getByRole('button', { name: 'Import 1 contact' });
  await expect(submit).toBeVisible();
  failing = true;
  await submit.click();
  await expect(page.getByRole('alert')).toContainText('Try again: none is stored twice.');
  failing = false;
  await submit.click();
  await expect(page.getByRole('heading', { name: '1 contact imported' })).toBeVisible();
});

test('a new contact begins with its number, and all are exported', async ({ page, request }) => {
  const person = await newPerson(request);
  const number = newNumber();
  await enter(page, person);
  await openContacts(page);
  await page.locator('.contacts__list').getByRole('link', { name: 'New contact' }).click();
  await expect(page.getByRole('heading', { name: 'New contact' })).toBeFocused();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('alert').filter({ hasText: "Number can't be blank." })).toBeVisible();
  await page.getByLabel('Number').fill('12');
  await page.getByLabel('Number').press('Enter');
  await expect(page.getByText('Number must begin with + and the country code')).toBeVisible();
  await page.getByLabel('Number').fill(number.replace('+49', '0049 '));
  await page.getByLabel('Number').press('Enter');
  await expect(page.getByText('Number must begin with + and the country code')).toBeVisible();
  await page.getByLabel('Number').fill(number.replace('+49', '+49 (0) '));
  await page.getByLabel('Number').press('Enter');
  await expect(page.getByLabel('Name')).toBeFocused();
  await page.keyboard.type('Ada');
  await page.keyboard.press('Enter');
  await expect(rows(page)).toHaveText([/Ada/]);
  await expect(page.getByRole('button', { name: 'Edit' })).toBeFocused();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export CSV' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('contacts.csv');
  expect(await readFile(await download.path(), 'utf8')).toContain(`"${number}","Ada"`);
  await page.goto('/contacts/nonsense');
  await expect(page.getByRole('heading', { name: 'There is no such number' })).toBeVisible();
});

test('the arrows lead through the list, and a phone shows one part at a time', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  for (const name of ['Ada', 'Bob', 'Eve']) await person.call(newNumber(), name);
  await enter(page, person);
  await page.goto('/contacts');
  await rows(page).first().focus();
  await page.keyboard.press('ArrowDown');
  await expect(rows(page).nth(1)).toBeFocused();
  await page.keyboard.press('End');
  await expect(rows(page).nth(2)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Eve' })).toBeVisible();
  await expect(rows(page).nth(2)).toHaveAttribute('aria-current', 'true');

  await page.setViewportSize({ width: 320, height: 640 });
  await expect(rows(page)).toHaveCount(0);
  await page.getByRole('link', { name: 'Back to the contacts' }).click();
  await expect(rows(page)).toHaveCount(3);
  await rows(page).first().click();
  await expect(page.getByRole('heading', { name: 'Ada' })).toBeVisible();
  await page.goBack();
  await expect(rows(page)).toHaveCount(3);
});

test('ten thousand contacts are a list of some rows', async ({ page, tolerate }) => {
  tolerate(/503/);
  const names = Array.from({ length: 10_000 }, (_, index) => `Person ${index}`);
  const api = await generateApi(page, { conversations: 3, messages: 3, names });
  await page.goto('/sign-in');
  await fillSignIn(page, EMAIL, PASSWORD);
  await openContacts(page);
  await expect(page.getByText('10,000 contacts')).toBeVisible();
  await expect(rows(page)).toHaveCount(100);
  await page.locator('.contacts__list').evaluate((list) => {
    list.scrollTop = list.scrollHeight;
  });
  await expect(rows(page)).toHaveCount(200);
  await page.getByRole('searchbox', { name: 'Search your contacts' }).fill('9999');
  await expect(rows(page).first()).toBeVisible();
  expect(await rows(page).count()).toBeLessThanOrEqual(100);

  api.broken = true;
  await page.getByRole('button', { name: 'Export CSV' }).click();
  await expect(page.locator('.contacts__list').getByRole('alert')).toBeVisible();
  api.broken = false;
  const changes = '**/api/contacts/changes?*';
  await page.route(changes, (route) =>
    route.fulfill({ status: 503, json: { status: 503, code: 'database_unavailable' } }),
  );
  await page.reload();
  const problem = page.locator('.contacts__list').getByRole('alert');
  await expect(problem).toContainText("can't reach its database");
  await page.unroute(changes);
  await problem.getByRole('button', { name: 'Try again' }).click();
  await expect(rows(page)).toHaveCount(100);
});
