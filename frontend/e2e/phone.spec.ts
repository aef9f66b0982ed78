import { Locator, Page } from '@playwright/test';
import {
  bubble,
  composer,
  enter,
  expect,
  newNumber,
  newPerson,
  openSettings,
  openThread,
  signUp,
  test,
} from './fixtures';

/** Of a phone with a notch, in portrait. */
const INSETS = { top: 47, bottom: 34, left: 0, right: 0 };
/** The simulated provider refuses every message to this number. */
const INVALID = '+1 500 555 0001';
const VIEWPORT = { width: 390, height: 844 };

test.use({ viewport: VIEWPORT, hasTouch: true, isMobile: true });

async function withInsets(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Emulation.setSafeAreaInsetsOverride', { insets: INSETS });
}

interface Faults {
  /** Fields whose text is so small that a phone zooms in on them. */
  readonly small: string[];
  /** What lies where the phone has its notch, or its line for going home. */
  readonly covered: string[];
  /** What a finger does not hit well. */
  readonly narrow: string[];
}

/** Targets that may be smaller than the others, each for a reason. */
const SMALL_TARGETS = [
  // Links within a sentence, which a larger one would tear apart.
  'p a',
  '.message-bubble__content a',
  // Comes into sight with the Tab key alone.
  '.signed-in-layout__skip',
].join();

function faults(page: Page): Promise<Faults> {
  return page.evaluate(
    ({ top, bottom, smallTargets }) => {
      const LEAST_PX = 43.9;
      const name = (element: Element): string =>
        `${element.tagName} ${element.getAttribute('aria-label') ?? element.textContent}`.trim();
      const shown = [
        ...document.querySelectorAll<HTMLElement>(
          'a, button, input, select, textarea, summary, [tabindex="0"], h1, label',
        ),
      ].filter((element) => {
        const { width, height } = element.getBoundingClientRect();
        return width > 1 && height > 1 && element.checkVisibility({ visibilityProperty: true });
      });
      const typed = shown.filter((element) =>
        element.matches('textarea, select, input:not([type=checkbox], [type=radio])'),
      );
      // What can be scrolled away from there is not covered for good.
      const fixed = shown.filter((element) => !element.closest('.scroller'));
      /** With what may be hit in its place: the label around it, or the row that its link covers. */
      const sizesOf = (element: HTMLElement): string => {
        const label = element.matches('input') ? element.closest('label') : null;
        const box = (label ?? element).getBoundingClientRect();
        const around = ['::before', '::after']
          .map((part) => getComputedStyle(element, part))
          .filter(({ content, position }) => content !== 'none' && position === 'absolute');
        const width = Math.max(box.width, ...around.map((part) => parseFloat(part.width)));
        const height = Math.max(box.height, ...around.map((part) => parseFloat(part.height)));
        return Math.min(width, height) < LEAST_PX
          ? `: ${Math.round(width)} × ${Math.round(height)}`
          : '';
      };
      return {
        small: typed
          .filter((element) => parseFloat(getComputedStyle(element).fontSize) < 16)
          .map(name),
        covered: fixed
          .filter((element) => !element.matches('.signed-in-layout__skip'))
          .filter((element) => {
            const box = element.getBoundingClientRect();
            return box.top < top || box.bottom > innerHeight - bottom;
          })
          .map(name),
        narrow: shown
          .filter((element) => !element.matches('h1, label') && !element.matches(smallTargets))
          .map((element) => ({ element, sizes: sizesOf(element) }))
          .filter(({ sizes }) => sizes !== '')
          .map(({ element, sizes }) => name(element) + sizes),
      };
    },
    { ...INSETS, smallTargets: SMALL_TARGETS },
  );
}

const NONE: Faults = { small: [], covered: [], narrow: [] };

async function check(page: Page, state: string): Promise<void> {
  expect.soft(await faults(page), state).toEqual(NONE);
}

test('nothing is under the notch or the home line, fields do not zoom, and fingers hit', async ({
  page,
  request,
}) => {
  await withInsets(page);
  for (const path of ['/sign-in', '/sign-up', '/forgot-password']) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await check(page, path);
  }
  const person = await newPerson(request);
  const number = newNumber();
  await person.call(number, 'Ada Lovelace');
  await person.write(number, 'Hello, see https://example.com');
  await person.write(INVALID, 'To nobody');
  await enter(page, person);
  await expect(page.locator('.conversation-row')).toHaveCount(2);
  await check(page, 'the list');
  await page.getByRole('searchbox', { name: 'Search people and messages' }).fill('nobody');
  await expect(page.getByText('1 message found')).toBeAttached();
  await check(page, 'search results');
  for (const place of ['Account', 'Security', 'Notifications', 'Help'] as const) {
    await page.goto('/messages');
    await openSettings(page, place);
    await check(page, place);
  }
  await openThread(page, INVALID.replaceAll(' ', ''));
  await expect(bubble(page, 'To nobody')).toContainText('Not sent');
  await check(page, 'a thread with a message that has failed');
  await openThread(page, number);
  await expect(bubble(page, 'Hello')).toContainText('Delivered');
  await composer(page).fill(`${'A long message '.repeat(20)}“with quotes”`);
  await expect(page.getByRole('button', { name: 'Use plain quotes' })).toBeVisible();
  await check(page, 'a thread, the counter and what makes the text shorter');
  await page.getByRole('button', { name: 'Use plain quotes' }).click();
  await check(page, 'a thread, and what undoes that');
  await page.goto('/messages/new');
  await page.getByLabel('Phone number').fill('+1 415 555 2671,+41 79 123 45 67,Ada');
  await expect(page.getByRole('option')).toBeVisible();
  await check(page, 'a new message with recipients');
  await page.goto('/log');
  await expect(page.locator('app-log-row')).toHaveCount(2);
  await check(page, 'the log');
  await page.locator('app-log-row').first().getByRole('link').click();
  await expect(page.getByRole('dialog', { name: 'Message details' })).toContainText('21211');
  await check(page, 'the details of a message');
  await page.goto('/contacts');
  await expect(page.locator('.contacts__row')).toHaveCount(1);
  await check(page, 'the contacts');
  await page.locator('.contacts__row').click();
  await expect(page.getByRole('heading', { name: 'Ada Lovelace' })).toBeVisible();
  await check(page, 'a contact');
  await page.getByRole('button', { name: 'Edit' }).click();
  await check(page, 'a contact, as a form');
});

test('the page of a new user keeps clear of the notch and the home line too', async ({ page }) => {
  await withInsets(page);
  await signUp(page);
  await check(page, 'no messages yet');
});

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Real touches, which the browser itself may take for scrolling. */
async function fingerOn(page: Page) {
  const devtools = await page.context().newCDPSession(page);
  const send = async (
    type: 'touchStart' | 'touchMove' | 'touchEnd' | 'touchCancel',
    ...touchPoints: Point[]
  ): Promise<void> => {
    await devtools.send('Input.dispatchTouchEvent', { type, touchPoints });
  };
  const finger = {
    press: (at: Point) => send('touchStart', at),
    /** In steps. */
    move: async (from: Point, to: Point) => {
      const steps = 8;
      for (let step = 1; step <= steps; step += 1) {
        const done = step / steps;
        await send('touchMove', {
          x: from.x + (to.x - from.x) * done,
          y: from.y + (to.y - from.y) * done,
        });
      }
    },
    lift: () => send('touchEnd'),
    cancel: () => send('touchCancel'),
    swipe: async (...[from, ...points]: [Point, ...Point[]]) => {
      await finger.press(from);
      let at = from;
      for (const point of points) {
        await finger.move(at, point);
        at = point;
      }
      await finger.lift();
    },
  };
  return finger;
}

async function middleOf(target: Locator): Promise<Point> {
  const box = await target.boundingBox();
  if (!box) throw new Error('It is not shown');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

const beside = ({ x, y }: Point, by: Partial<Point>): Point => ({
  x: x + (by.x ?? 0),
  y: y + (by.y ?? 0),
});

for (const reducedMotion of ['no-preference', 'reduce'] as const) {
  test.describe(`with the preference ${reducedMotion} about motion`, () => {
    test.use({ contextOptions: { reducedMotion } });

    test('swiping a message to the left opens its details', async ({ page, request }) => {
      const person = await newPerson(request);
      const number = newNumber();
      await person.write(number, 'Where are you?');
      await enter(page, person);
      await openThread(page, number);
      const message = bubble(page, 'Where are you?');
      const content = message.locator('.message-bubble__content');
      const details = page.getByRole('dialog', { name: 'Message details' });
      await expect(message).toContainText('Delivered');
      const at = await middleOf(content);
      const finger = await fingerOn(page);

      // Not far enough, taken back, or to the right.
      await finger.swipe(at, beside(at, { x: -40 }));
      await finger.swipe(at, beside(at, { x: -120 }), beside(at, { x: -20 }));
      await finger.swipe(at, beside(at, { x: 60 }));
      await finger.press(at);
      await finger.move(at, beside(at, { x: -120 }));
      await expect(message).toHaveClass(/is-pulled/);
      await finger.cancel();
      await expect(message).not.toHaveClass(/is-pulled/);
      await expect.poll(() => middleOf(content)).toEqual(at);
      expect(await details.count()).toBe(0);

      await finger.press(at);
      await finger.move(at, beside(at, { x: -60 }));
      await expect(message).toHaveClass(/is-pulled/);
      const pulled = at.x - (await middleOf(content)).x;
      if (reducedMotion === 'reduce') expect(pulled).toBe(0);
      else expect(pulled).toBeGreaterThan(50);
      await finger.lift();
      await expect(details).toContainText('Where are you?');
      await expect(message).not.toHaveClass(/is-pulled/);
      await expect(page.getByRole('menu')).toBeHidden();
    });
  });
}

test('the number above a conversation is whole on narrow phones, too', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  await person.write('+1 415 555 2671', 'Hello');
  await enter(page, person);
  await openThread(page, '+1 415 555 2671');
  const number = page.getByRole('heading', { name: '+1 415 555 2671' });
  for (const width of [320, 360, 375, 390]) {
    await page.setViewportSize({ ...VIEWPORT, width });
    await expect
      .poll(() => number.evaluate((box) => box.scrollWidth - box.clientWidth), `at ${width} px`)
      .toBe(0);
  }
});

test('a swipe leaves scrolling, the edges of the screen and the long press alone', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  const number = newNumber();
  for (let index = 0; index < 25; index += 1) await person.write(number, `Text ${index} of many`);
  await enter(page, person);
  await openThread(page, number);
  const log = page.getByRole('log');
  const last = bubble(page, 'Text 24 of many').locator('.message-bubble__content');
  await expect(last).toBeInViewport();
  const details = page.getByRole('dialog', { name: 'Message details' });
  const scrolled = () => log.evaluate(({ scrollTop }) => scrollTop);
  const at = await middleOf(last);
  const finger = await fingerOn(page);

  // Down, and then to the left.
  await finger.swipe(
    beside(at, { y: -200 }),
    beside(at, { y: -50 }),
    beside(at, { x: -150, y: -50 }),
  );
  await expect.poll(scrolled).toBeLessThan(-50);
  await page.getByRole('button', { name: 'Jump to latest' }).tap();
  await expect.poll(scrolled).toBe(0);

  const edge = { x: VIEWPORT.width - 8, y: at.y };
  await finger.swipe(edge, beside(edge, { x: -150 }));

  await finger.press(at);
  await expect(page.getByRole('menu')).toBeVisible();
  await finger.move(at, beside(at, { x: -150 }));
  await finger.lift();
  await expect(page.getByRole('menu')).toBeVisible();
  expect(await details.count()).toBe(0);
});

test('sideways movements belong to the browser while the page is zoomed in on', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Quite small');
  await enter(page, person);
  await openThread(page, number);
  const message = bubble(page, 'Quite small');
  await expect(message).toHaveCSS('touch-action', 'pan-y pinch-zoom');
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Emulation.setPageScaleFactor', { pageScaleFactor: 2 });
  await expect(message).toHaveCSS('touch-action', 'auto');
  await devtools.send('Emulation.setPageScaleFactor', { pageScaleFactor: 1 });
  await expect(message).toHaveCSS('touch-action', 'pan-y pinch-zoom');
});

test('a swipe shows the next picture, and two fingers may enlarge it', async ({
  page,
  request,
  phone,
}) => {
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Where are you?');
  await enter(page, person);
  await openThread(page, number);
  await phone.write(number, 'Up here', { attachments: 2 });
  const viewer = page.getByRole('dialog', { name: 'Pictures' });
  await bubble(page, 'Up here')
    .getByRole('button', { name: /^Picture from/ })
    .first()
    .tap();
  await expect(viewer).toContainText('1 of 2');
  const stage = viewer.locator('.picture-viewer__stage');
  const at = await middleOf(stage);
  const finger = await fingerOn(page);

  // There is none before the first one; not far enough, and down.
  await finger.swipe(at, beside(at, { x: 120 }));
  await finger.swipe(at, beside(at, { x: -40 }));
  await finger.swipe(at, beside(at, { y: 150 }), beside(at, { x: -150, y: 150 }));
  await expect(viewer).toContainText('1 of 2');
  await finger.swipe(at, beside(at, { x: -120 }));
  await expect(viewer).toContainText('2 of 2');
  await expect(viewer.getByRole('img')).toBeVisible();
  await finger.swipe(at, beside(at, { x: -120 }));
  await expect(viewer).toContainText('2 of 2');
  await finger.swipe(at, beside(at, { x: 120 }));
  await expect(viewer).toContainText('1 of 2');

  await expect(stage).toHaveCSS('touch-action', 'pan-y pinch-zoom');
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Emulation.setPageScaleFactor', { pageScaleFactor: 2 });
  await expect(stage).toHaveCSS('touch-action', 'auto');
  await devtools.send('Emulation.setPageScaleFactor', { pageScaleFactor: 1 });
  await expect(stage).toHaveCSS('touch-action', 'pan-y pinch-zoom');

  await page.goBack();
  await expect(viewer).toBeHidden();
  await expect(bubble(page, 'Up here')).toBeVisible();
});
