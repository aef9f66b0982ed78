import { Page } from '@playwright/test';
import {
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
  /** Buttons and links that a finger does not hit well. */
  readonly narrow: string[];
}

/** `narrow` is looked for in the parts that this selector names. */
function faults(page: Page, parts: string): Promise<Faults> {
  return page.evaluate(
    ({ top, bottom, parts: selector }) => {
      const name = (element: Element): string =>
        `${element.tagName} ${element.getAttribute('aria-label') ?? element.textContent}`.trim();
      const shown = [
        ...document.querySelectorAll<HTMLElement>('a, button, input, select, textarea, h1, label'),
      ].filter((element) => {
        const { width, height } = element.getBoundingClientRect();
        return width > 1 && height > 1 && element.checkVisibility({ visibilityProperty: true });
      });
      const typed = shown.filter((element) =>
        element.matches('textarea, select, input:not([type=checkbox], [type=radio])'),
      );
      // What can be scrolled away from there is not covered for good.
      const fixed = shown.filter((element) => !element.closest('.scroller'));
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
          .filter((element) => element.matches('a, button') && element.closest(selector))
          // Links within a sentence.
          .filter((element) => !element.closest('p'))
          .filter((element) => element.getBoundingClientRect().height < 43.9)
          .map(name),
      };
    },
    { ...INSETS, parts },
  );
}

const NONE: Faults = { small: [], covered: [], narrow: [] };

test('nothing is under the notch or the home line, fields do not zoom, and fingers hit', async ({
  page,
  request,
}) => {
  await withInsets(page);
  for (const path of ['/sign-in', '/sign-up', '/forgot-password']) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    expect({ path, ...(await faults(page, 'none')) }).toEqual({ path, ...NONE });
  }
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Hello');
  await enter(page, person);
  expect(await faults(page, '.rail')).toEqual(NONE);
  for (const place of ['Account', 'Security', 'Help'] as const) {
    await page.goto('/messages');
    await openSettings(page, place);
    const found = await faults(page, '.rail, .settings');
    expect({ place, ...found }).toEqual({ place, ...NONE });
  }
  await openThread(page, number);
  expect(await faults(page, '.rail')).toEqual(NONE);
  await page.goto('/messages/new');
  await expect(page.getByRole('textbox', { name: 'Message' })).toBeVisible();
  expect(await faults(page, '.rail')).toEqual(NONE);
});

test('the page of a new user keeps clear of the notch and the home line too', async ({ page }) => {
  await withInsets(page);
  await signUp(page);
  expect(await faults(page, '.rail')).toEqual(NONE);
});
