import { Locator, Page } from '@playwright/test';
import {
  axe,
  bubble,
  composer,
  enter,
  expect,
  newNumber,
  newPerson,
  openThread,
  test,
} from './fixtures';
import { layoutFaults } from './layout-faults';

const MEDIA = /\/api\/messages\/[0-9a-f]{24}\/media\/\d$/;

/** The pictures that a message shows, once they are loaded. */
async function shownIn(message: Locator): Promise<number> {
  return message
    .getByRole('img')
    .evaluateAll(
      (images) =>
        images.filter((image) => image instanceof HTMLImageElement && image.naturalWidth === 320)
          .length,
    );
}

async function widthOf(image: Locator): Promise<number> {
  return image.evaluate((element) => (element as HTMLImageElement).naturalWidth);
}

async function checkPage(page: Page): Promise<void> {
  expect(await layoutFaults(page)).toEqual([]);
  const { violations } = await axe(page).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => target)])).toEqual([]);
}

test('a picture that a phone sends shows in its place, and large', async ({
  page,
  request,
  phone,
}) => {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Where are you?');
  await enter(page, person);
  await openThread(page, number);

  // Held back, so that its place can be measured before it is there.
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(MEDIA, async (route) => {
    await held;
    expect(route.request().url()).not.toContain('token');
    await route.continue();
  });
  await phone.write(number, 'Up here', { attachments: 1 });
  const message = bubble(page, 'Up here');
  await expect(message).toBeVisible();
  const place = message.locator('.medium--picture');
  await expect(place).toBeVisible();
  // It is another element once all that shows media is loaded.
  let before: Awaited<ReturnType<Locator['boundingBox']>> = null;
  await expect.poll(async () => (before = await place.boundingBox())).not.toBeNull();
  release();
  await expect.poll(() => shownIn(message)).toBe(1);
  expect(await place.boundingBox()).toEqual(before);
  await checkPage(page);

  await phone.write(number, 'And down again', { attachments: 2 });
  await expect.poll(() => shownIn(bubble(page, 'And down again'))).toBe(2);

  await message.getByRole('button', { name: /^Picture from/ }).click();
  const viewer = page.getByRole('dialog', { name: 'Pictures' });
  await expect(viewer).toContainText('1 of 3');
  await expect.poll(() => widthOf(viewer.getByRole('img'))).toBe(320);
  await checkPage(page);
  await page.keyboard.press('ArrowRight');
  await expect(viewer).toContainText('2 of 3');
  await expect.poll(() => widthOf(viewer.getByRole('img'))).toBe(320);
  await viewer.getByRole('button', { name: 'Next picture' }).click();
  await page.keyboard.press('ArrowRight');
  await expect(viewer).toContainText('3 of 3');
  const download = page.waitForEvent('download');
  await viewer.getByRole('button', { name: 'Download' }).click();
  expect((await download).suggestedFilename()).toMatch(/^attachment-[0-9a-f]{24}-2\.png$/);
  await page.keyboard.press('Escape');
  await expect(viewer).toBeHidden();
  await expect(message.getByRole('button', { name: /^Picture from/ })).toBeFocused();
});

test('a picture that cannot be loaded says so, and is loaded when asked', async ({
  page,
  request,
  phone,
  tolerate,
}) => {
  tolerate(/404/);
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Where are you?');
  await enter(page, person);
  await openThread(page, number);
  await page.route(MEDIA, (route) => route.abort());
  tolerate(/ERR_FAILED/);
  await phone.write(number, 'Look at this', { attachments: 1 });
  const message = bubble(page, 'Look at this');
  await expect(message).toContainText('Not loaded: there is no connection.');
  await checkPage(page);
  await page.unroute(MEDIA);
  await message.getByRole('button', { name: 'Try again' }).click();
  await expect.poll(() => shownIn(message)).toBe(1);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`pictures fit on every screen, ${colorScheme}`, async ({ page, request, phone }) => {
    await page.emulateMedia({ colorScheme });
    const person = await newPerson(request);
    const number = newNumber();
    await person.write(number, 'Where are you?');
    await enter(page, person);
    await openThread(page, number);
    await phone.write(number, 'Up here', { attachments: 1 });
    await expect.poll(() => shownIn(bubble(page, 'Up here'))).toBe(1);
    for (const width of [320, 390, 768, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      await checkPage(page);
      const path = (state: string): string =>
        `test-results/screenshots/${state}-${String(width)}-${colorScheme}.png`;
      await page.screenshot({ path: path('picture') });
      await bubble(page, 'Up here')
        .getByRole('button', { name: /^Picture/ })
        .click();
      const viewer = page.getByRole('dialog', { name: 'Pictures' });
      await expect.poll(() => widthOf(viewer.getByRole('img'))).toBe(320);
      await checkPage(page);
      await page.screenshot({ path: path('viewer') });
      await page.keyboard.press('Escape');
      await expect(viewer).toBeHidden();
    }
  });
}

test('one step back closes the large picture, and closing it leaves no step behind', async ({
  page,
  request,
  phone,
  tolerate,
}) => {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Where are you?');
  await enter(page, person);
  await openThread(page, number);
  await phone.write(number, 'Up here', { attachments: 2 });
  const message = bubble(page, 'Up here');
  await expect.poll(() => shownIn(message)).toBe(2);
  const address = page.url();
  const steps = await page.evaluate(() => history.length);
  const pictures = message.getByRole('button', { name: /^Picture from/ });
  const viewer = page.getByRole('dialog', { name: 'Pictures' });

  await pictures.last().click();
  await expect(viewer).toContainText('2 of 2');
  await page.keyboard.press('ArrowLeft');
  await expect(viewer).toContainText('1 of 2');
  await page.goBack();
  await expect(viewer).toBeHidden();
  await expect(page).toHaveURL(address);
  await expect(pictures.last()).toBeFocused();

  // The same step forward shows it again.
  await page.goForward();
  await expect(viewer).toContainText('2 of 2');
  for (const close of ['Escape', 'Enter']) {
    if (close === 'Enter') await viewer.getByRole('button', { name: 'Close' }).focus();
    await page.keyboard.press(close);
    await expect(viewer).toBeHidden();
    await expect(page).toHaveURL(address);
    await expect(pictures.last()).toBeFocused();
    expect(await page.evaluate(() => history.length)).toBe(steps + 1);
    if (close === 'Escape') await pictures.last().click();
  }
  await page.goBack();
  await expect(page).not.toHaveURL(address);
  await page.goForward();
  await expect(page).toHaveURL(address);
  await expect.poll(() => shownIn(message)).toBe(2);

  // A reload keeps it, and a link to it that was opened elsewhere closes without leaving the page.
  await pictures.first().click();
  await expect(viewer).toContainText('1 of 2');
  const link = page.url();
  await page.reload();
  await expect(viewer).toContainText('1 of 2');
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(address);
  await page.goto('about:blank');
  await page.goto(link);
  await expect(viewer).toContainText('1 of 2');
  await page.keyboard.press('Escape');
  await expect(viewer).toBeHidden();
  await expect(page).toHaveURL(address);
  await page.goto(`${address}?picture=nothing-7`);
  await expect(page).toHaveURL(address);
  await expect(viewer).toBeHidden();

  // Without the API nobody knows whether there is such a picture: the page can be used.
  tolerate(/ERR_FAILED/);
  await page.route('**/api/**', (route) => route.abort());
  await page.goto(`${address}?picture=nothing-7`);
  await expect(message).toBeVisible();
  await composer(page).click();
  await expect(composer(page)).toBeFocused();
  await expect(viewer).toBeHidden();
});
