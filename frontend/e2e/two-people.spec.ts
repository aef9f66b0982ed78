import { Page, devices } from '@playwright/test';
import {
  bubble,
  composer,
  expect,
  list,
  newNumber,
  row,
  sendNew,
  setHidden,
  signUp,
  test,
} from './fixtures';

/** The phone that the page of the simulator shows. */
function phoneOn(page: Page) {
  const shown = page.getByRole('log');
  return {
    shown,
    say: async (text: string) => {
      await page.getByLabel('Text from this phone').fill(text);
      await page.getByRole('button', { name: 'Send from this phone' }).click();
      await expect(shown.getByText(text, { exact: true })).toBeVisible();
    },
    press: async (word: 'STOP' | 'START') => {
      await page.getByRole('button', { name: `Send ${word}` }).click();
      await expect(shown.getByText(word, { exact: true })).toBeVisible();
    },
    sendPicture: () => page.getByRole('button', { name: 'Send a picture' }).click(),
  };
}

async function send(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(bubble(page, text)).toContainText('Delivered');
}

async function lookAgain(page: Page): Promise<void> {
  await setHidden(page, true);
  await setHidden(page, false);
}

test('two people in two browsers and somebody with a phone hold a conversation', async ({
  page: ada,
  browser,
  baseURL,
}) => {
  test.setTimeout(180_000);
  const number = newNumber();
  const pocket = await browser.newContext({
    ...devices['Pixel 7'],
    serviceWorkers: 'block',
    ...(baseURL && { baseURL }),
  });
  const street = await browser.newContext();
  const [bob, handset] = [await pocket.newPage(), await street.newPage()];
  const complaints: string[] = [];
  bob.on('pageerror', ({ message }) => complaints.push(message));

  await signUp(ada);
  await sendNew(ada, number, 'Is a table free tonight?');
  await expect(bubble(ada, 'Is a table free')).toContainText('Delivered');
  await handset.goto(
    `${process.env['E2E_SIMULATOR_URL'] ?? ''}/?phone=${encodeURIComponent(number)}`,
  );
  const phone = phoneOn(handset);
  await expect(phone.shown.getByText('Is a table free tonight?')).toBeVisible();

  await phone.say('At seven, by the window');
  await expect(bubble(ada, 'At seven, by the window')).toBeVisible();

  // Who has never written to a number sees nothing of what is said there.
  await signUp(bob);
  await sendNew(bob, number, 'May I bring a dog?');
  await expect(bubble(bob, 'May I bring a dog?')).toContainText('Delivered');
  await expect(bob.getByRole('log').getByRole('article')).toHaveCount(1);
  await phone.say('A small one, yes');
  await expect(bubble(bob, 'A small one, yes')).toBeVisible();

  await send(ada, 'Seven is fine');
  await phone.sendPicture();
  const picture = ada.getByRole('log').getByRole('article').last().getByRole('img');
  await expect(picture).toBeVisible();
  await expect(ada.getByRole('log').getByRole('article')).toHaveCount(4);
  await expect(bob.getByRole('log').getByRole('article')).toHaveCount(2);

  // Whoever looks elsewhere is told how many wait.
  await ada.getByRole('link', { name: 'Log' }).click();
  await phone.say('Until tonight');
  await expect(ada).toHaveTitle(/^\(1\)/);
  await ada.getByRole('link', { name: /^Messages/ }).click();
  await expect(row(ada, 'Until tonight')).toContainText('1 unread message');
  await row(ada, 'Until tonight').getByRole('link').click();
  await expect(bubble(ada, 'Until tonight')).toBeVisible();
  await expect(list(ada).getByText('1 unread message')).toHaveCount(0);

  // STOP is said to the number from which both write. Ada is told; Bob's phone asks when he looks at it again.
  await phone.press('STOP');
  await expect(ada.getByText("You can't message them")).toBeVisible();
  await lookAgain(bob);
  await expect(bob.getByText("You can't message them")).toBeVisible();
  for (const person of [ada, bob]) await expect(composer(person)).toHaveCount(0);
  await phone.press('START');
  await expect(composer(ada)).toBeVisible();
  await lookAgain(bob);
  await expect(composer(bob)).toBeVisible();
  await send(bob, 'Thank you, with the dog');
  await expect(phone.shown.getByText('Thank you, with the dog')).toBeVisible();
  await phone.say('See you both');
  await expect(bubble(bob, 'See you both')).toBeVisible();

  // Neither lost nor doubled, nor with the other.
  await ada.reload();
  await expect(ada.getByRole('log').getByRole('article')).toHaveText([
    /Is a table free tonight\?/,
    /At seven, by the window/,
    /Seven is fine/,
    /.*/,
    /Until tonight/,
    /STOP/,
    /START/,
  ]);
  await bob.reload();
  await expect(bob.getByRole('log').getByRole('article')).toHaveText([
    /May I bring a dog\?/,
    /A small one, yes/,
    /Thank you, with the dog/,
    /See you both/,
  ]);
  expect(complaints).toEqual([]);
  await pocket.close();
  await street.close();
});
