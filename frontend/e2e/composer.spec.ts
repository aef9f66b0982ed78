import { Page, Route } from '@playwright/test';
import {
  bubble,
  composer,
  enter,
  expect,
  newNumber,
  newPerson,
  openNew,
  openThread,
  sendNew,
  signOutAndDelete,
  signUp,
  storedBubble,
  test,
} from './fixtures';

test('drafts survive a reload in each conversation, and are erased at sign-out', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  const [ada, bob] = [newNumber(), newNumber()];
  await enter(page, person);
  await openThread(page, ada);
  await composer(page).fill('Dear Ada');
  await openThread(page, bob);
  await expect(page.locator('.conversation-row')).toContainText('Draft: Dear Ada');
  await expect(composer(page)).toHaveValue('');
  await composer(page).fill('Dear Bob');
  await page.goto('/messages/new');
  await page.getByLabel('Phone number').fill('+49 30');
  await composer(page).fill('Dear whoever');

  await page.reload();
  await expect(page.getByLabel('Phone number')).toHaveValue('+49 30');
  await expect(composer(page)).toHaveValue('Dear whoever');
  await openThread(page, ada);
  await expect(composer(page)).toHaveValue('Dear Ada');
  await composer(page).fill('');
  await page.reload();
  await expect(composer(page)).toHaveValue('');

  await signOutAndDelete(page);
  const kept = await page.evaluate(() => Object.keys(localStorage));
  expect(kept.filter((key) => /drafts|unsent/.test(key))).toEqual([]);
  await enter(page, person);
  await openThread(page, bob);
  await expect(composer(page)).toHaveValue('');
});

test('a send whose response is lost is repeated after a reload, and arrives once', async ({
  page,
  request,
  phone,
  tolerate,
}) => {
  tolerate(/ERR_FAILED .*\/api\/(messages|events)/);
  const person = await newPerson(request);
  const text = `Only once ${crypto.randomUUID()}`;
  await enter(page, person);
  await openThread(page, newNumber());
  const keys: (string | undefined)[] = [];
  page.context().on('request', (sent) => {
    if (sent.method() === 'POST' && sent.url().endsWith('/api/messages')) {
      keys.push(sent.headers()['idempotency-key']);
    }
  });
  // The API has it, but its response is lost, and so is whatever else would tell this page of the stored message.
  await page.route(/\/api\/(messages|events)/, async (route) => {
    if (route.request().method() === 'POST') await route.fetch();
    return route.abort();
  });
  await composer(page).fill(text);
  await composer(page).press('Enter');
  await expect(bubble(page, text).first()).toBeVisible();
  await expect(page.getByText("Retrying won't send it twice.")).toBeVisible();
  await expect.poll(() => phone.received(text)).toBe(1);

  await page.unrouteAll();
  const mostBubbles = await countBubbles(page, text);
  const second = await page.context().newPage();
  await Promise.all([page.reload(), second.goto(page.url())]);
  for (const tab of [page, second]) {
    await expect(storedBubble(tab, text)).toContainText(/Queued|Sent|Delivered/);
    await expect(bubble(tab, text)).toHaveCount(1);
  }
  // The stored message is known by its key, and is never shown beside the pending one.
  expect(await mostBubbles()).toBe(1);
  await expect.poll(() => keys.length).toBeGreaterThan(1);
  expect(new Set(keys).size).toBe(1);
  await expect.poll(() => phone.received(text)).toBe(1);
  await expect
    .poll(() => page.evaluate(() => Object.keys(localStorage)))
    .not.toContainEqual(expect.stringContaining('unsent'));
});

test('a reload in the middle of a send neither loses nor duplicates the message', async ({
  page,
  request,
  phone,
}) => {
  const person = await newPerson(request);
  const text = `In the middle ${crypto.randomUUID()}`;
  await enter(page, person);
  await openThread(page, newNumber());
  // The API has it, and does not respond as long as the page is open. The next request is left alone.
  const arrived = new Promise<void>((resolve) => {
    const hold = async (route: Route): Promise<void> => {
      await route.fetch();
      resolve();
    };
    void page.route('**/api/messages', hold, { times: 1 });
  });
  await composer(page).fill(text);
  await composer(page).press('Enter');
  await expect(composer(page)).toHaveValue('');
  await arrived;
  await page.reload();
  await expect(storedBubble(page, text)).toContainText(/Queued|Sent|Delivered/);
  await expect(bubble(page, text)).toHaveCount(1);
  await expect(composer(page)).toHaveValue('');
  await expect.poll(() => phone.received(text)).toBe(1);
});

test('Enter sends, Shift and Enter add a line, and characters that need UCS-2 are marked', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  await enter(page, person);
  await openThread(page, newNumber());
  await composer(page).pressSequentially('One');
  await composer(page).press('Shift+Enter');
  await composer(page).pressSequentially('two – “three”');
  await expect(composer(page)).toHaveAccessibleDescription(
    /^53 left in this segment, because of – “three”\s*$/,
  );
  await expect(page.getByText(/^From \+1 500 555/)).toBeVisible();
  await composer(page).press('Enter');
  await expect(bubble(page, 'two – “three”')).toContainText('One\ntwo');
  await expect(composer(page)).toHaveValue('');
});

test('one text goes to several people, each with a key of its own, all by keyboard', async ({
  page,
  request,
  phone,
}) => {
  const person = await newPerson(request);
  await person.write('+14155552671', 'Hello');
  await enter(page, person);
  const text = `To each ${crypto.randomUUID()}`;
  const keys: (string | undefined)[] = [];
  page.on('request', (sent) => {
    if (sent.method() === 'POST' && sent.url().endsWith('/api/messages'))
      keys.push(sent.headers()['idempotency-key']);
  });
  await openNew(page);
  const number = page.getByRole('combobox', { name: 'Phone number' });
  await number.focus();
  await expect(page.getByRole('option')).toHaveText([/\+1 415 555 2671/]);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.keyboard.type('+44 (0)20 7946 0958');
  await expect(page.getByRole('option', { selected: true })).toContainText(
    '→ +44 20 7946 0958, United Kingdom',
  );
  await page.keyboard.press('Enter');
  const unknown = newNumber();
  await page.keyboard.type(`${unknown},`);
  await expect(page.getByRole('button', { name: /^Remove/ })).toHaveCount(3);
  await page.keyboard.press('Enter');
  await expect(composer(page)).toBeFocused();
  await expect(number).toHaveAccessibleDescription('3 people: each gets a text of their own.');
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
  await expect.poll(() => phone.received(text)).toBe(3);
  await expect(page.locator('.conversation-row').filter({ hasText: text })).toHaveCount(3);
  expect(new Set(keys).size).toBe(3);
  await expect(page.getByText('Choose a conversation')).toBeVisible();
  await expect(page.locator(':focus')).toBeVisible();
  await openNew(page);
  await expect(page.getByRole('button', { name: /^Remove/ })).toHaveCount(0);
  await expect(composer(page)).toHaveValue('');
});

test('recipients survive a reload, as drafts do, and drafts are shown in the list', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  const [ada, bob] = [newNumber(), newNumber()];
  await person.write(ada, 'Hello Ada');
  await person.write(bob, 'Hello Bob');
  await enter(page, person);
  await openNew(page);
  await page.getByLabel('Phone number').fill(`${ada}, +49 30`);
  await composer(page).fill('Dear both');
  await page.reload();
  await expect(page.getByRole('button', { name: /^Remove/ })).toHaveCount(1);
  await expect(page.getByLabel('Phone number')).toHaveValue('+49 30');

  await page.locator('.conversation-row').filter({ hasText: 'Hello Ada' }).click();
  await expect(page.getByRole('heading', { name: 'New message' })).toHaveCount(0);
  const newMessage = page.locator('.conversation-row').first();
  await expect(newMessage).toContainText(/New message\s*Draft: Dear both/);
  await newMessage.click();
  await expect(newMessage).toHaveAttribute('aria-current', 'true');
  await expect(composer(page)).toHaveValue('Dear both');

  await openThread(page, ada);
  await composer(page).fill('The wheel arrives');
  const row = page.locator('.conversation-row').filter({ hasText: 'The wheel arrives' });
  await expect(row).toHaveCount(0);
  await page.locator('.conversation-row').filter({ hasText: 'Hello Bob' }).click();
  await expect(row).toContainText('Draft: The wheel arrives');
});

test('a column of numbers is pasted as recipients, and what is no number among them is named', async ({
  page,
  context,
  request,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.route('**/api/sending', async (route) => {
    const answer = await route.fetch();
    const sending = (await answer.json()) as Record<string, unknown>;
    return route.fulfill({ response: answer, json: { ...sending, default_country: 'CH' } });
  });
  await enter(page, await newPerson(request));
  await openNew(page);
  const recipient = page.getByLabel('Phone number');
  await expect(page.getByText('As dialed in Switzerland')).toBeVisible();
  const numbers = Array.from({ length: 40 }, (_, index) => `079 123 45 ${index + 10}`);
  await page.evaluate(
    (column) => navigator.clipboard.writeText(column),
    ['nonsense', ...numbers].join('\n'),
  );
  await recipient.press('ControlOrMeta+V');
  await expect(page.getByRole('button', { name: /^Remove \+41 79 123 45 \d\d$/ })).toHaveCount(40);
  await expect(recipient).toHaveValue('nonsense');
  await expect(recipient).toBeInViewport();
  await recipient.press('Enter');
  await expect(page.getByRole('alert')).toHaveText(
    '“nonsense” has letters in it: write the number in digits.',
  );
});

test('of a table that is pasted as recipients, the column is chosen, and nothing else is added', async ({
  page,
  context,
  request,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await enter(page, await newPerson(request));
  await openNew(page);
  const recipient = page.getByLabel('Phone number');
  const [ada, bob] = [newNumber(), newNumber()];
  const table = `Office\tName\tMobile\n+41446681800\tAda\t${ada}\n+41446681801\tBob\t${bob}\n`;
  const paste = async () => {
    await page.evaluate((text) => navigator.clipboard.writeText(text), table);
    await recipient.press('ControlOrMeta+V');
  };
  const question = page.getByRole('dialog', { name: 'Which column has the phone numbers?' });
  const remove = page.getByRole('button', { name: /^Remove / });

  await paste();
  await expect(question).toBeVisible();
  // Who presses Enter before reading adds nothing.
  await page.keyboard.press('Enter');
  await expect(question.getByRole('button', { name: 'Add 2 entries' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(question).toHaveCount(0);
  await expect(recipient).toBeFocused();
  await expect(recipient).toHaveValue('');

  await paste();
  await expect(question.getByRole('checkbox')).toHaveCount(2);
  await expect(question.getByRole('checkbox', { name: 'Office' })).toBeChecked();
  await question.getByRole('checkbox', { name: 'Office' }).uncheck();
  await question.getByRole('checkbox', { name: 'Mobile' }).check();
  await question.getByRole('button', { name: 'Add 2 entries' }).click();
  await expect(question).toHaveCount(0);
  await expect(recipient).toBeFocused();
  await expect(remove).toHaveCount(2);
  for (const number of [ada, bob])
    await expect(page.locator('.recipient')).toContainText(number.slice(-2));
  await recipient.press('Enter');
  await expect(composer(page)).toBeFocused();
});

test('messages to one recipient are sent in the order of writing, even over a reload', async ({
  page,
  context,
  request,
  phone,
  tolerate,
}) => {
  tolerate(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/);
  const person = await newPerson(request);
  const mark = crypto.randomUUID();
  await enter(page, person);
  await openThread(page, newNumber());
  await context.setOffline(true);
  for (const word of ['One', 'Two', 'Three']) await write(page, `${word} ${mark}`);
  await expect(page.getByRole('log').getByText('Waiting for the previous message')).toHaveCount(2);
  await context.setOffline(false);
  await expect.poll(() => phone.receivedEnding(mark)).toHaveLength(3);
  await expect
    .poll(() => phone.receivedEnding(mark))
    .toEqual([`One ${mark}`, `Two ${mark}`, `Three ${mark}`]);

  await failSends(page);
  const again = crypto.randomUUID();
  for (const word of ['One', 'Two', 'Three']) await write(page, `${word} ${again}`);
  await expect(page.getByText('Not confirmed yet:')).toBeVisible();
  await page.unroute('**/api/messages');
  await page.reload();
  await expect.poll(() => phone.receivedEnding(again)).toHaveLength(3);
  await expect
    .poll(() => phone.receivedEnding(again))
    .toEqual(['One', 'Two', 'Three'].map((word) => `${word} ${again}`));
  await expect.poll(() => kept(page)).toEqual([]);
});

for (const locks of ['with', 'without']) {
  test(`two tabs ${locks} locks send everything once, in the order of writing, and leave nothing stored`, async ({
    page,
    context,
    request,
    phone,
    tolerate,
  }) => {
    tolerate(/ERR_FAILED .*\/api\/messages/);
    // As over plain http on a LAN.
    if (locks === 'without') {
      await context.addInitScript(() => {
        Object.defineProperty(navigator, 'locks', { value: undefined });
      });
    }
    const person = await newPerson(request);
    const [number, mark] = [newNumber(), crypto.randomUUID()];
    await enter(page, person);
    await openThread(page, number);
    const second = await context.newPage();
    await openThread(second, number);

    for (const tab of [page, second]) await failSends(tab);
    await write(page, `One ${mark}`);
    // A message that one tab has not sent yet is shown in the other.
    await expect(bubble(second, `One ${mark}`)).toContainText('Not confirmed yet:');
    await write(second, `Two ${mark}`);
    await write(page, `Three ${mark}`);
    await expect(bubble(second, `Three ${mark}`)).toBeVisible();
    for (const tab of [page, second]) await tab.unroute('**/api/messages');

    await expect.poll(() => phone.receivedEnding(mark), { timeout: 40_000 }).toHaveLength(3);
    await expect
      .poll(() => phone.receivedEnding(mark))
      .toEqual(['One', 'Two', 'Three'].map((word) => `${word} ${mark}`));
    for (const tab of [page, second]) {
      for (const word of ['One', 'Two', 'Three']) {
        await expect(bubble(tab, `${word} ${mark}`)).toHaveCount(1);
        await expect(storedBubble(tab, `${word} ${mark}`)).toContainText(/Queued|Sent|Delivered/);
      }
    }
    expect(await kept(page)).toEqual([]);
  });
}

test('one tab sends what another one had begun before it was closed', async ({
  page,
  context,
  request,
  phone,
  tolerate,
}) => {
  tolerate(/ERR_FAILED .*\/api\/messages/);
  const person = await newPerson(request);
  const [number, mark] = [newNumber(), crypto.randomUUID()];
  await enter(page, person);
  await openThread(page, number);
  const closed = await context.newPage();
  await openThread(closed, number);
  await failSends(closed);
  await write(closed, `One ${mark}`);
  await expect(bubble(page, `One ${mark}`)).toBeVisible();
  await closed.close();
  await write(page, `Two ${mark}`);
  await expect.poll(() => phone.receivedEnding(mark)).toEqual([`One ${mark}`, `Two ${mark}`]);
});

test('a rate-limited message waits as long as Retry-After says, and can be discarded', async ({
  page,
  request,
  phone,
  tolerate,
}) => {
  tolerate(/429 .*\/api\/messages/);
  const person = await newPerson(request);
  const mark = crypto.randomUUID();
  let attempts = 0;
  await page.route('**/api/messages', (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    attempts += 1;
    if (attempts > 1) return route.continue();
    return route.fulfill({
      status: 429,
      contentType: 'application/problem+json',
      headers: { 'Retry-After': '4' },
      body: JSON.stringify({ code: 'minute_quota', detail: 'You are sending too fast.' }),
    });
  });
  await enter(page, person);
  await openThread(page, newNumber());
  await write(page, `One ${mark}`);
  await write(page, `Not meant ${mark}`);
  await expect(bubble(page, `One ${mark}`)).toContainText(
    /Not sent yet: You are sending too fast\. It will be sent at/,
  );
  await bubble(page, `Not meant ${mark}`).getByRole('button', { name: 'Discard' }).click();
  await expect(storedBubble(page, `One ${mark}`)).toContainText(/Queued|Sent|Delivered/);
  expect(attempts).toBe(2);
  await expect.poll(() => phone.receivedEnding(mark)).toEqual([`One ${mark}`]);
});

test('one press sends one message, and an empty form shows no error', async ({ page, phone }) => {
  await signUp(page);
  await openNew(page);
  const first = `Clicked twice ${crypto.randomUUID()}`;
  await page.getByLabel('Phone number').fill(newNumber());
  await composer(page).fill(first);
  await page.getByRole('button', { name: 'Send', exact: true }).dblclick();
  await expect(bubble(page, first)).toHaveCount(1);

  const second = `Clicked twice again ${crypto.randomUUID()}`;
  await composer(page).fill(second);
  await page.getByRole('button', { name: 'Send', exact: true }).dblclick();
  await expect(bubble(page, second)).toHaveCount(1);

  const third = `Held ${crypto.randomUUID()}`;
  await composer(page).fill(third);
  for (let repeat = 0; repeat < 5; repeat += 1) await page.keyboard.down('Enter');
  await page.keyboard.up('Enter');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(storedBubble(page, third)).toContainText(/Queued|Sent|Delivered/);
  await expect(page.getByText("can't be blank")).toHaveCount(0);
  for (const text of [first, second, third]) await expect.poll(() => phone.received(text)).toBe(1);
});

test('each number has one URL, however it is written', async ({ page, request, tolerate }) => {
  // Until the rules of its country are loaded.
  tolerate(/422 .*peer_number=%2B44%20/);
  const person = await newPerson(request);
  await person.write('+14155552671', 'Already here');
  await enter(page, person);
  for (const written of [
    '+1%20415%20555%202671',
    '+1-415-555-2671',
    '%E2%80%AA+1%28415%29555%E2%80%912671',
  ]) {
    await page.goto(`/messages/${written}?kept=yes`);
    await expect(page).toHaveURL('/messages/%2B14155552671?kept=yes');
    await expect(bubble(page, 'Already here')).toBeVisible();
  }
  await page.goto('/messages/+44%20%280%2920%207946%200958');
  await expect(page).toHaveURL('/messages/%2B442079460958');
});

test('the parsed number is previewed before sending', async ({ page }) => {
  await signUp(page);
  const number = page.getByLabel('Phone number');
  await number.fill('+44 (0)20 7946 0958');
  await expect(number).toHaveAccessibleDescription('→ +44 20 7946 0958, United Kingdom');
  await sendNew(page, '+44 (0)20 7946 0958', 'Hello London');
  await expect(page).toHaveURL('/messages/%2B442079460958');
});

test('a wrong number can be corrected, and the replaced draft can be restored', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  await person.write('+15005550001', 'Is this number right?');
  await enter(page, person);
  await openNew(page);
  await composer(page).fill('Something else');
  await openThread(page, '+15005550001');
  await bubble(page, 'Is this number right?')
    .getByRole('button', { name: 'Edit and resend' })
    .click();
  const number = page.getByLabel('Phone number');
  await expect(number).toBeFocused();
  await expect(number).toHaveValue('+15005550001');
  await expect(composer(page)).toHaveValue('Is this number right?');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(composer(page)).toHaveValue('Something else');
});

test('the field grows with its text, and then scrolls', async ({ page, request }) => {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Hello');
  await enter(page, person);
  await openThread(page, number);
  const field = composer(page);
  const heightAt = async (lines: number): Promise<number> => {
    await field.fill(Array<string>(lines).fill('A line').join('\n'));
    return field.evaluate(({ clientHeight }) => clientHeight);
  };
  const [one, three, forty] = [await heightAt(1), await heightAt(3), await heightAt(40)];
  expect(three).toBeGreaterThan(one);
  expect(forty).toBeGreaterThan(three);
  expect(await heightAt(60)).toBe(forty);
  expect(await field.evaluate((area) => area.scrollHeight > area.clientHeight)).toBe(true);
  expect(await heightAt(1)).toBe(one);
});

test('a browser in which fields do not grow shows three lines at once', async ({
  page,
  request,
}) => {
  // As one reads it that does not know the property.
  await page.route('**/*.css', async (route) => {
    const response = await route.fetch();
    const sheet = (await response.text()).replaceAll(/field-sizing: ?content/g, 'unknown: content');
    await route.fulfill({ response, body: sheet });
  });
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Hello');
  await enter(page, person);
  await openThread(page, number);
  const field = composer(page);
  await expect(field).toHaveCSS('field-sizing', 'fixed');
  const scrolls = () => field.evaluate((area) => area.scrollHeight > area.clientHeight);
  await field.fill('One\nTwo\nThree');
  expect(await scrolls()).toBe(false);
  await field.fill('One\nTwo\nThree\nFour');
  expect(await scrolls()).toBe(true);
});

test('costly characters are made plain by keyboard, and that can be undone', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  await enter(page, person);
  await openThread(page, newNumber());
  await expect(page.getByRole('button', { name: 'Add pictures' })).toBeVisible();
  await composer(page).fill('We’ll be there');
  // Over the buttons for pictures, for emoji and for sending.
  for (let times = 1; times <= 4; times += 1) await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Use plain quotes' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(composer(page)).toBeFocused();
  await expect(composer(page)).toHaveValue("We'll be there");
  for (let times = 1; times <= 4; times += 1) await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Undo' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(composer(page)).toHaveValue('We’ll be there');
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 760 }, hasTouch: true, isMobile: true });

  test('Enter adds a line, and the button sends', async ({ page }) => {
    await signUp(page);
    await openThread(page, newNumber());
    await composer(page).tap();
    await page.keyboard.type('One');
    await page.keyboard.press('Enter');
    await page.keyboard.type('two');
    await expect(composer(page)).toHaveValue('One\ntwo');
    await expect(composer(page)).toHaveAttribute('enterkeyhint', 'enter');
    await page.getByRole('button', { name: 'Send', exact: true }).tap();
    await expect(storedBubble(page, 'two')).toContainText(/Queued|Sent|Delivered/);
  });
});

async function write(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press('Enter');
  await expect(composer(page)).toHaveValue('');
}

async function failSends(page: Page): Promise<void> {
  await page.route('**/api/messages', (route) =>
    route.request().method() === 'POST' ? route.abort() : route.continue(),
  );
}

/** The unsent messages that this browser has stored. */
async function kept(page: Page): Promise<string[]> {
  const keys = await page.evaluate(() => Object.keys(localStorage));
  return keys.filter((key) => key.includes('unsent'));
}

/** From the next load on: returns the largest number of bubbles with this text at any time. */
async function countBubbles(page: Page, text: string): Promise<() => Promise<number>> {
  await page.addInitScript((text) => {
    let most = 0;
    new MutationObserver(() => {
      const bubbles = Array.from(document.querySelectorAll('[role="article"]'));
      most = Math.max(most, bubbles.filter((each) => each.textContent.includes(text)).length);
      Object.assign(window, { most });
    }).observe(document, { childList: true, characterData: true, subtree: true });
  }, text);
  return () => page.evaluate(() => (window as unknown as { most: number }).most);
}
