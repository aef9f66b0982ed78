import {
  bubble,
  composer,
  enter,
  expect,
  newNumber,
  newPerson,
  openThread,
  signOut,
  test,
} from './fixtures';

test('drafts are kept for each conversation over a reload, and erased at the sign-out', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  const [ada, bob] = [newNumber(), newNumber()];
  await enter(page, person);
  await openThread(page, ada);
  await composer(page).fill('Dear Ada');
  await openThread(page, bob);
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

  await signOut(page);
  const kept = await page.evaluate(() => Object.keys(localStorage));
  expect(kept.filter((key) => /drafts|unsent/.test(key))).toEqual([]);
  await enter(page, person);
  await openThread(page, bob);
  await expect(composer(page)).toHaveValue('');
});

test('a send whose answer is lost is asked about again after a reload, and arrives once', async ({
  page,
  request,
  phone,
  tolerate,
}) => {
  tolerate(/ERR_FAILED .*\/api\/messages/);
  const person = await newPerson(request);
  const text = `Only once ${crypto.randomUUID()}`;
  await enter(page, person);
  await openThread(page, newNumber());
  const keys: (string | undefined)[] = [];
  page.on('request', (sent) => {
    if (sent.method() === 'POST' && sent.url().endsWith('/api/messages')) {
      keys.push(sent.headers()['idempotency-key']);
    }
  });
  // The server has it, but its answer never comes.
  await page.route('**/api/messages', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    await route.fetch();
    return route.abort();
  });
  await composer(page).fill(text);
  await composer(page).press('Enter');
  await expect(bubble(page, text).first()).toBeVisible();
  await expect(page.getByText('Trying again never sends it twice.')).toBeVisible();
  expect(await phone.received(text)).toBe(1);

  await page.unroute('**/api/messages');
  const second = await page.context().newPage();
  await Promise.all([page.reload(), second.goto(page.url())]);
  for (const tab of [page, second]) {
    await expect(bubble(tab, text)).toHaveCount(1);
    await expect(bubble(tab, text)).toContainText(/Queued|Sent|Delivered/);
  }
  expect(keys.length).toBeGreaterThan(1);
  expect(new Set(keys).size).toBe(1);
  expect(await phone.received(text)).toBe(1);
  const kept = await page.evaluate(() => Object.keys(localStorage));
  expect(kept.filter((key) => key.includes('unsent'))).toEqual([]);
});

test('a reload in the middle of a send loses nothing and doubles nothing', async ({
  page,
  request,
  phone,
}) => {
  const person = await newPerson(request);
  const text = `In the middle ${crypto.randomUUID()}`;
  await enter(page, person);
  await openThread(page, newNumber());
  // The server has it, and says nothing as long as the page is there.
  const arrived = new Promise<void>((resolve) => {
    void page.route('**/api/messages', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      await route.fetch();
      resolve();
    });
  });
  await composer(page).fill(text);
  await composer(page).press('Enter');
  await expect(composer(page)).toHaveValue('');
  await arrived;
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.reload();
  await expect(bubble(page, text)).toHaveCount(1);
  await expect(bubble(page, text)).toContainText(/Queued|Sent|Delivered/);
  await expect(composer(page)).toHaveValue('');
  expect(await phone.received(text)).toBe(1);
});

test('Enter sends, Shift and Enter break the line, and what makes it expensive is marked', async ({
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
    /^17 characters · 1 segment · UCS-2 because of – “ ”\s*$/,
  );
  await composer(page).press('Enter');
  await expect(bubble(page, 'two – “three”')).toContainText('One\ntwo');
  await expect(composer(page)).toHaveValue('');
});

test('the people one has written to are offered for a new message', async ({ page, request }) => {
  const person = await newPerson(request);
  await person.write('+14155552671', 'Hello');
  await enter(page, person);
  const number = page.getByRole('combobox', { name: 'Phone number' });
  await expect(number).toBeVisible();
  const listed = await number.evaluate((input: HTMLInputElement) =>
    Array.from(input.list?.options ?? [], ({ value }) => value),
  );
  expect(listed).toEqual(['+1 415 555 2671']);
});
