import { APIRequestContext, JSHandle, Locator, Page } from '@playwright/test';
import {
  axe,
  bubble,
  composer,
  enter,
  expect,
  newNumber,
  newPerson,
  openNew,
  openThread,
  row,
  storedBubble,
  test,
} from './fixtures';
import { layoutFaults } from './layout-faults';

interface SentMessage {
  readonly message: { readonly to: string; readonly body: string; readonly num_media: string };
  readonly media_urls: readonly string[];
}

interface PictureFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

const UPLOADS = '**/api/attachments';
const PLACE = 'GPS 47.3769 N 8.5417 E';

/** Signs a new person in and opens a conversation, in which a text was sent. Returns its number. */
async function openConversation(page: Page, request: APIRequestContext): Promise<string> {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Hello');
  await enter(page, person);
  await openThread(page, number);
  return number;
}

/** What the browser draws: the left half red, the right half blue or transparent. */
async function draw(
  page: Page,
  type: 'image/jpeg' | 'image/png',
  { width, height } = { width: 1920, height: 1080 },
): Promise<Buffer> {
  const url = await page.evaluate(
    ([type, width, height]) => {
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      const context = canvas.getContext('2d');
      if (!context) throw new Error('Nothing can be drawn.');
      context.fillStyle = 'red';
      context.fillRect(0, 0, width / 2, height);
      context.fillStyle = type === 'image/png' ? 'transparent' : 'blue';
      context.fillRect(width / 2, 0, width / 2, height);
      return canvas.toDataURL(type);
    },
    [type, width, height] as const,
  );
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
}

/** As a camera that is held upright writes it: turned by a quarter, and with the place. */
function asPhotograph(jpeg: Buffer): Buffer {
  const orientation = Buffer.from(
    '49492a00080000000100120103000100000006000000' + '00000000',
    'hex',
  );
  const exif = Buffer.concat([Buffer.from('Exif\0\0'), orientation, Buffer.from(PLACE)]);
  const head = Buffer.from([0xff, 0xe1, 0, exif.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), head, exif, jpeg.subarray(2)]);
}

async function jpeg(page: Page, name = 'red and blue.jpg'): Promise<PictureFile> {
  return { name, mimeType: 'image/jpeg', buffer: await draw(page, 'image/jpeg') };
}

function add(page: Page, files: PictureFile | PictureFile[]): Promise<void> {
  return page.locator('app-composer input[type=file]').setInputFiles(files);
}

function strip(page: Page): Locator {
  return page.getByRole('list', { name: 'Pictures of this message' });
}

async function waitUntilUploaded(page: Page, count: number): Promise<void> {
  const text = count === 1 ? 'MMS with 1 picture' : `MMS with ${count} pictures`;
  // One after the other.
  await expect(page.locator('app-pictures')).toContainText(
    `${text}: in the US, about the price of 3 texts.`,
    { timeout: 12_000 + 3_000 * count },
  );
}

function send(page: Page): Locator {
  return page.getByRole('button', { name: 'Send', exact: true });
}

async function forward(page: Page, text: string): Promise<void> {
  await bubble(page, text)
    .getByRole('button', { name: /^Actions on/ })
    .click();
  await page.getByRole('menuitem', { name: 'Forward' }).click();
}

/** What the simulated provider was asked to send to a number. */
async function sentTo(request: APIRequestContext, number: string): Promise<SentMessage[]> {
  const ledger = await request.get(`${process.env['E2E_SIMULATOR_URL'] ?? ''}/_control/ledger`);
  const { messages } = (await ledger.json()) as { messages: SentMessage[] };
  return messages.filter(({ message }) => message.to === number);
}

/** The texts that somebody has written to a number in the page, each with the number of its pictures. */
async function written(request: APIRequestContext, number: string): Promise<[string, string][]> {
  const sent = (await sentTo(request, number)).filter(({ message }) => message.body !== 'Hello');
  return sent.map(({ message }) => [message.body, message.num_media]);
}

/** A picture is added in one of two tabs with the same conversation, and its upload is held until `release`. */
async function addInOneOfTwoTabs(
  page: Page,
  request: APIRequestContext,
): Promise<{ number: string; other: Page; release: () => void }> {
  const number = await openConversation(page, request);
  const other = await page.context().newPage();
  await other.goto(page.url());
  await expect(composer(other)).toBeVisible();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(UPLOADS, async (route) => {
    await held;
    await route.continue();
  });
  const uploading = page.waitForRequest(UPLOADS);
  await add(page, await jpeg(page));
  await uploading;
  await expect(other.locator('app-pictures')).toContainText('Unless another tab is adding it');
  return { number, other, release };
}

/** The size in pixels, and the colour (1 for much of red, green, blue) near the lower right corner. */
async function look(page: Page, content: Buffer): Promise<[number, number, number[]]> {
  return page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes]));
    const { width, height } = bitmap;
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');
    if (!context) throw new Error('Nothing can be drawn.');
    context.drawImage(bitmap, 0, 0);
    const [red = 0, green = 0, blue = 0] = context.getImageData(width - 5, height - 5, 1, 1).data;
    return [width, height, [red, green, blue].map((value) => Math.round(value / 255))];
  }, content.toString('base64'));
}

async function checkPage(page: Page): Promise<void> {
  expect(await layoutFaults(page)).toEqual([]);
  const { violations } = await axe(page).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => target)])).toEqual([]);
}

test('two pictures and a text arrive, upright, on white, and without the place', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Here they come');
  await enter(page, person);
  await openThread(page, number);
  const photograph = asPhotograph(await draw(page, 'image/jpeg'));
  expect(photograph.includes(PLACE)).toBe(true);
  await add(page, [
    { name: 'photograph.jpg', mimeType: 'image/jpeg', buffer: photograph },
    {
      name: 'sketch.png',
      mimeType: 'image/png',
      buffer: await draw(page, 'image/png', { width: 400, height: 300 }),
    },
  ]);
  await expect(strip(page).getByRole('img')).toHaveCount(2);
  await waitUntilUploaded(page, 2);
  await composer(page).fill('Look');
  await send(page).click();
  await expect(strip(page)).toHaveCount(0);
  await expect(composer(page)).toHaveValue('');
  const message = storedBubble(page, 'Look');
  await expect(message).toContainText('Delivered');
  await expect(message.getByRole('button', { name: /^Picture/ })).toHaveCount(2);

  const [sent] = (await sentTo(request, number)).filter(({ message }) => message.body === 'Look');
  expect(sent?.message.num_media).toBe('2');
  const contents = await Promise.all(
    (sent?.media_urls ?? []).map(async (url) => (await request.get(url)).body()),
  );
  for (const content of contents) {
    expect(content.includes('Exif')).toBe(false);
    expect(content.includes(PLACE)).toBe(false);
    expect(content.length).toBeLessThan(600_000);
  }
  expect(await Promise.all(contents.map((content) => look(page, content)))).toEqual([
    // Turned by a quarter, the right half is the lower one.
    [900, 1600, [0, 0, 1]],
    [400, 300, [1, 1, 1]],
  ]);

  // A picture alone.
  await add(page, await jpeg(page));
  await waitUntilUploaded(page, 1);
  await send(page).click();
  await expect
    .poll(async () => (await sentTo(request, number)).filter((each) => each.message.body === ''))
    .toHaveLength(1);
  await expect(page.getByRole('log').getByRole('article').last()).toContainText('Delivered');
});

test('an upload that fails is repeated by itself, not too often, and one that is refused is not', async ({
  page,
  request,
  tolerate,
}) => {
  tolerate(/50[03]|422/);
  await openConversation(page, request);
  const times: number[] = [];
  await page.route(
    UPLOADS,
    (route) => {
      times.push(Date.now());
      return route.fulfill({ status: 503 });
    },
    { times: 2 },
  );
  await add(page, await jpeg(page));
  await expect(send(page)).toBeDisabled();
  await waitUntilUploaded(page, 1);
  await expect(send(page)).toBeEnabled();
  expect(times).toHaveLength(2);
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(1_000);

  let refusals = 0;
  await page.route(UPLOADS, (route) => {
    refusals += 1;
    const json = { status: 422, code: 'unknown_media_type', detail: 'It is no picture.' };
    return route.fulfill({ status: 422, contentType: 'application/problem+json', json });
  });
  await add(page, [await jpeg(page), await jpeg(page)]);
  const problem = page.locator('app-pictures').getByText('2 pictures are not uploaded.');
  await expect(problem).toBeVisible();
  await checkPage(page);
  expect(refusals).toBe(2);
  await page.unroute(UPLOADS);
  await page.getByRole('button', { name: 'Try again' }).click();
  await waitUntilUploaded(page, 3);
  await expect(problem).toHaveCount(0);
});

test('where a text with a link arrives in place of the pictures, it is said', async ({
  page,
  request,
}) => {
  await openConversation(page, request);
  await add(page, await jpeg(page));
  await waitUntilUploaded(page, 1);
  const note = page.getByText('the recipient gets a text with a link');
  await expect(note).toBeVisible();
  await page.goto(`/messages/${encodeURIComponent('+14155552671')}`);
  await add(page, await jpeg(page));
  await waitUntilUploaded(page, 1);
  await expect(note).toHaveCount(0);
});

test('a text is not sent without the pictures that are being added to it', async ({
  page,
  request,
}) => {
  const number = await openConversation(page, request);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\/pictures[^/]*\.css/, async (route) => {
    await held;
    await route.continue();
  });
  await composer(page).fill('Look at this');
  const loading = page.waitForRequest(/\/pictures[^/]*\.css/);
  await add(page, await jpeg(page));
  await loading;
  await composer(page).press('Enter');
  await expect(send(page)).toBeDisabled();
  await expect(composer(page)).toHaveValue('Look at this');
  release();
  await waitUntilUploaded(page, 1);
  await composer(page).press('Enter');
  await expect(storedBubble(page, 'Look at this')).toContainText('Delivered');
  const sent = (await sentTo(request, number)).filter(({ message }) => message.body !== 'Hello');
  expect(sent.map(({ message }) => [message.body, message.num_media])).toEqual([
    ['Look at this', '1'],
  ]);
});

test('a draft keeps its pictures over a change of page and a reload', async ({ page, request }) => {
  await openConversation(page, request);
  await add(page, [await jpeg(page, 'one.jpg'), await jpeg(page, 'two.jpg')]);
  await waitUntilUploaded(page, 2);
  await openNew(page);
  await expect(row(page, 'Draft: 2 pictures')).toBeVisible();
  await expect(strip(page)).toHaveCount(0);
  await page.goBack();
  await expect(strip(page).getByRole('img')).toHaveCount(2);
  const deleted = page.waitForResponse((answer) => answer.request().method() === 'DELETE');
  await page.getByRole('button', { name: 'Remove picture 1' }).click();
  expect((await deleted).status()).toBe(204);
  await add(page, await jpeg(page, 'three.jpg'));
  await waitUntilUploaded(page, 2);
  await page.reload();
  await expect(strip(page).getByRole('img')).toHaveCount(2);
  await page.getByRole('button', { name: 'Remove picture 1' }).click();
  await expect(page.getByRole('button', { name: 'Remove picture 1' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Add pictures' })).toBeFocused();
  await expect(strip(page)).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole('button', { name: 'Add pictures' })).toBeVisible();
  await expect(strip(page)).toHaveCount(0);
});

test('two tabs share the pictures of a draft, and none comes twice or with another message', async ({
  page,
  request,
}) => {
  const { number, other, release } = await addInOneOfTwoTabs(page, request);
  release();
  await waitUntilUploaded(page, 1);
  await waitUntilUploaded(other, 1);
  await composer(other).pressSequentially('Both see it');
  await expect(composer(page)).toHaveValue('Both see it');
  await expect(strip(page).getByRole('img')).toHaveCount(1);
  await send(page).click();
  await expect(storedBubble(page, 'Both see it')).toContainText('Delivered');
  await expect(strip(other)).toHaveCount(0);
  await composer(other).fill('Alone');
  await expect(composer(page)).toHaveValue('Alone');
  await expect(strip(page)).toHaveCount(0);
  await send(page).click();
  await expect(storedBubble(page, 'Alone')).toContainText('Delivered');
  expect(await written(request, number)).toEqual([
    ['Both see it', '1'],
    ['Alone', '0'],
  ]);
});

test('a picture that is removed in another tab than that which uploads it does not come back', async ({
  page,
  request,
}) => {
  const { number, other, release } = await addInOneOfTwoTabs(page, request);
  // Long before the request would time out.
  const ended = page.waitForEvent('requestfailed', {
    predicate: (failed) => failed.url().endsWith('/api/attachments'),
    timeout: 15_000,
  });
  await other.getByRole('button', { name: 'Remove picture 1' }).click();
  await expect(strip(page)).toHaveCount(0);
  await ended;
  release();
  await add(other, await jpeg(other));
  await waitUntilUploaded(other, 1);
  await waitUntilUploaded(page, 1);
  await composer(page).fill('Look');
  await send(page).click();
  await expect(storedBubble(page, 'Look')).toContainText('Delivered');
  await expect(strip(other)).toHaveCount(0);
  expect(await written(request, number)).toEqual([['Look', '1']]);
});

test('nothing that is written in one tab is lost while another uploads', async ({
  page,
  request,
}) => {
  await openConversation(page, request);
  const other = await page.context().newPage();
  await other.goto(page.url());
  await expect(composer(other)).toBeVisible();
  const buffer = await draw(page, 'image/jpeg', { width: 4000, height: 3000 });
  const file = { ...(await jpeg(page)), buffer };
  await add(page, [file, file, file]);
  const text =
    'The quick brown fox jumps over the lazy dog, and then it does that again and again.';
  await composer(other).pressSequentially(text, { delay: 60 });
  await waitUntilUploaded(page, 3);
  await waitUntilUploaded(other, 3);
  await expect(composer(page)).toHaveValue(text);
  await expect(composer(other)).toHaveValue(text);
});

test('a picture that a draft has lost is missed in words, and nothing goes without it', async ({
  page,
  request,
}) => {
  const number = await openConversation(page, request);
  // The upload is held until the page is gone.
  await page.route(UPLOADS, () => new Promise(() => undefined), { times: 1 });
  await composer(page).fill('With a picture');
  const uploading = page.waitForRequest(UPLOADS);
  await add(page, await jpeg(page));
  await uploading;
  await page.reload();
  const pictures = page.locator('app-pictures');
  await expect(pictures).toContainText(
    'Picture 1 is not uploaded yet. Unless another tab is adding it, remove it, and add it again.',
  );
  await expect(send(page)).toBeDisabled();
  await composer(page).press('Enter');
  await expect(page.getByRole('alert')).toContainText('A picture is not uploaded');
  await checkPage(page);
  await page.getByRole('button', { name: 'Remove picture 1' }).click();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await add(page, await jpeg(page));
  await waitUntilUploaded(page, 1);

  // In a page that stays open for a day.
  await page.clock.setSystemTime(Date.now() + 23 * 3600 * 1000);
  await composer(page).press('Enter');
  await expect(pictures).toContainText('Picture 1 is no longer on the server');
  await expect(composer(page)).toHaveValue('With a picture');
  expect(await sentTo(request, number)).toHaveLength(1);
});

test('a picture is uploaded once the part for it can be loaded', async ({
  page,
  request,
  tolerate,
}) => {
  tolerate(/ERR_FAILED|Failed to/);
  const number = await openConversation(page, request);
  await page.route(/\/pictures[^/]*\.css/, (route) => route.abort());
  await composer(page).fill('With a picture');
  await add(page, await jpeg(page));
  await expect(page.getByText("This page couldn't be loaded.")).toBeVisible();
  await page.unroute(/\/pictures[^/]*\.css/);
  await composer(page).press('Enter');
  await waitUntilUploaded(page, 1);
  await composer(page).press('Enter');
  await expect(bubble(page, 'With a picture')).toContainText('Delivered');
  expect(await sentTo(request, number)).toHaveLength(2);
});

test('a message is not sent again without its pictures where the part for them cannot be loaded', async ({
  page,
  request,
  phone,
  tolerate,
}) => {
  tolerate(/ERR_FAILED|Failed to/);
  const person = await newPerson(request);
  const [from, to] = [newNumber(), newNumber()];
  await person.write(from, 'Hello');
  await enter(page, person);
  await openThread(page, from);
  await phone.write(from, 'Up here', { attachments: 1 });
  await page.route(/\/pictures[^/]*\.css/, (route) => route.abort());
  await forward(page, 'Up here');
  await expect(page.getByText("This page couldn't be loaded.")).toBeVisible();
  await page.getByLabel('Phone number').fill(to);
  await composer(page).press('Enter');
  await expect(send(page)).toBeDisabled();
  await page.unroute(/\/pictures[^/]*\.css/);
  await page.reload();
  await expect(page.locator('app-pictures')).toContainText('Picture 1 is not uploaded');
  expect(await sentTo(request, to)).toEqual([]);
});

for (const way of ['paste', 'drop'] as const) {
  test(`pictures are added by ${way}; a text is left alone`, async ({ page, request }) => {
    await openConversation(page, request);
    const base64 = (await jpeg(page)).buffer.toString('base64');
    const transfer = (text: string) =>
      page.evaluateHandle(
        ([base64, text]) => {
          const data = new DataTransfer();
          if (text) data.setData('text/plain', text);
          const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
          data.items.add(new File([bytes], 'one.jpg', { type: 'image/jpeg' }));
          return data;
        },
        [base64, text] as const,
      );
    const give = (data: JSHandle<DataTransfer>) =>
      way === 'paste'
        ? composer(page).evaluate(
            (element, clipboardData) =>
              element.dispatchEvent(
                new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
              ),
            data,
          )
        : page.getByRole('log').dispatchEvent('drop', { dataTransfer: data });
    await give(await transfer(''));
    await waitUntilUploaded(page, 1);
    if (way === 'drop') return;
    // As from a document: the picture shows the text.
    await give(await transfer('A table'));
    await expect(strip(page).getByRole('listitem')).toHaveCount(1);
  });
}

test('a picture that is dropped before it is known whether messages can have any is added, and the page stays', async ({
  page,
  request,
}) => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/api/sending', async (route) => {
    await held;
    await route.continue();
  });
  await openConversation(page, request);
  const base64 = (await jpeg(page)).buffer.toString('base64');
  const areTaken = await page.getByRole('log').evaluate((element, base64) => {
    const dataTransfer = new DataTransfer();
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    dataTransfer.items.add(new File([bytes], 'one.jpg', { type: 'image/jpeg' }));
    return ['dragover', 'drop'].map(
      (type) =>
        !element.dispatchEvent(
          new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }),
        ),
    );
  }, base64);
  expect(areTaken).toEqual([true, true]);
  release();
  await waitUntilUploaded(page, 1);
});

test('with a picture, the conversation can be read on a screen that is enlarged four times', async ({
  page,
  request,
}) => {
  await page.setViewportSize({ width: 320, height: 256 });
  await openConversation(page, request);
  await add(page, await jpeg(page));
  await waitUntilUploaded(page, 1);
  await composer(page).fill('word '.repeat(60));
  const [log, header, field] = await Promise.all(
    ['[role=log]', '.thread .pane-header', '.composer'].map((part) =>
      page.locator(part).boundingBox(),
    ),
  );
  expect(log?.height).toBeGreaterThanOrEqual(48);
  expect(field?.y).toBeGreaterThanOrEqual((header?.y ?? 0) + (header?.height ?? 0));
});

test('a GIF stays as it is, since it may move', async ({ page, request }) => {
  const number = await openConversation(page, request);
  const buffer = Buffer.from('R0lGODdhAQABAIAAAP8AAAAA/ywAAAAAAQABAAACAkQBADs=', 'base64');
  await add(page, { name: 'moving.gif', mimeType: 'image/gif', buffer });
  await waitUntilUploaded(page, 1);
  await send(page).click();
  await expect(page.getByRole('log').getByRole('article').last()).toContainText('Delivered');
  const sent = (await sentTo(request, number)).filter(({ message }) => message.body === '');
  const [url = ''] = sent.flatMap(({ media_urls }) => media_urls);
  expect(await (await request.get(url)).body()).toEqual(buffer);
});

test('a reload in the middle of a send neither loses a picture nor doubles it', async ({
  page,
  request,
}) => {
  const number = await openConversation(page, request);
  await add(page, await jpeg(page));
  await waitUntilUploaded(page, 1);
  // The first request is held until the page is gone, and has reached the API by then.
  let posts = 0;
  await page.route('**/api/messages', async (route) => {
    if (route.request().method() !== 'POST') return route.fallback();
    posts += 1;
    if (posts > 1) return route.fallback();
    await route.fetch();
    return new Promise(() => undefined);
  });
  await composer(page).fill('Only once');
  await send(page).click();
  const pending = bubble(page, 'Only once');
  await expect(pending.getByRole('img')).toHaveCount(1);
  await expect
    .poll(async () =>
      (await sentTo(request, number)).filter((each) => each.message.body === 'Only once'),
    )
    .toHaveLength(1);
  await page.reload();
  await expect(storedBubble(page, 'Only once')).toContainText('Delivered');
  await expect(
    storedBubble(page, 'Only once').getByRole('button', { name: /^Picture/ }),
  ).toHaveCount(1);
  expect(posts).toBe(2);
  const sent = (await sentTo(request, number)).filter((each) => each.message.body === 'Only once');
  expect(sent).toHaveLength(1);
  await expect(bubble(page, 'Only once')).toHaveCount(1);
});

test('what is no picture is refused in words, and more than a message can have are left out', async ({
  page,
  request,
}) => {
  await openConversation(page, request);
  await composer(page).fill('It stays');
  const text = { name: 'notes.heic', mimeType: 'image/heic', buffer: Buffer.from('no picture') };
  await add(page, text);
  const pictures = page.locator('app-pictures');
  await expect(pictures).toContainText('cannot be opened as a picture here');
  await expect(strip(page)).toHaveCount(0);
  const file = await jpeg(page);
  await add(
    page,
    Array.from({ length: 12 }, () => file),
  );
  await expect(pictures).toContainText('A message can have 10 pictures: 2 were left out.');
  await waitUntilUploaded(page, 10);
  await expect(composer(page)).toHaveValue('It stays');
  for (const width of [320, 390, 1280]) {
    await page.setViewportSize({ width, height: 700 });
    await checkPage(page);
    await expect(send(page)).toBeInViewport();
  }
});

test('a picture that was received is forwarded', async ({ page, request, phone }) => {
  const person = await newPerson(request);
  const [from, to] = [newNumber(), newNumber()];
  await person.write(from, 'Hello');
  await enter(page, person);
  await openThread(page, from);
  await phone.write(from, 'Up here', { attachments: 1 });
  await forward(page, 'Up here');
  await expect(page.getByRole('heading', { name: 'New message' })).toBeVisible();
  await waitUntilUploaded(page, 1);
  await page.getByLabel('Phone number').fill(to);
  await send(page).click();
  await expect(storedBubble(page, 'Up here')).toContainText('Delivered');
  const [sent] = await sentTo(request, to);
  expect(sent?.message).toMatchObject({ body: 'Up here', num_media: '1' });
});

test('each of several recipients gets the picture', async ({ page, request }) => {
  const person = await newPerson(request);
  const numbers = [newNumber(), newNumber()];
  await enter(page, person);
  await page.goto('/messages/new');
  await page.getByLabel('Phone number').fill(numbers.join(','));
  await add(page, await jpeg(page));
  await waitUntilUploaded(page, 1);
  await composer(page).fill('For both');
  await send(page).click();
  for (const number of numbers) {
    await expect
      .poll(async () => (await sentTo(request, number)).map(({ message }) => message.num_media))
      .toEqual(['1']);
  }
});

test('pictures are offered although the server was busy at first', async ({
  page,
  request,
  tolerate,
}) => {
  tolerate(/503/);
  const times: number[] = [];
  await page.route(
    '**/api/sending',
    (route) => {
      times.push(Date.now());
      return route.fulfill({ status: 503 });
    },
    { times: 3 },
  );
  await openConversation(page, request);
  await expect(page.getByRole('button', { name: 'Add pictures' })).toBeVisible();
  expect(times).toHaveLength(3);
  // Once as the composer opens, once as the page is up to date, and then after a backoff.
  expect((times[2] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(1_000);
});

test('where the server cannot send pictures, none are offered', async ({ page, request }) => {
  await page.route('**/api/sending', async (route) => {
    const answer = await route.fetch();
    const sending = (await answer.json()) as Record<string, unknown>;
    return route.fulfill({ response: answer, json: { ...sending, pictures: null } });
  });
  await openConversation(page, request);
  await expect(page.locator('app-composer')).toContainText('From +1');
  await expect(page.getByRole('button', { name: 'Emoji' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Add pictures' })).toHaveCount(0);
});

for (const [variant, options] of Object.entries({
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  'forced colours': { colorScheme: 'dark', contextOptions: { forcedColors: 'active' } },
} as const)) {
  test.describe(variant, () => {
    test.use(options);

    test('pictures of a message fit on every screen', async ({ page, request }) => {
      await openConversation(page, request);
      await add(page, [await jpeg(page, 'one.jpg'), await jpeg(page, 'two.jpg')]);
      await waitUntilUploaded(page, 2);
      await composer(page).fill('Two of them');
      for (const width of [320, 360, 390, 768, 1280, 1920, 2560]) {
        await page.setViewportSize({ width, height: 800 });
        await checkPage(page);
        const name = `composer-${variant.replace(' ', '-')}-${String(width)}`;
        await page.screenshot({ path: `test-results/screenshots/${name}.png` });
      }
    });
  });
}
