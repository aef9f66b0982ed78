import { writeFileSync } from 'node:fs';
import { Page } from '@playwright/test';
import { enter, expect, newPerson, openThread, storedBubble, test } from '../fixtures';

const TEXTS = { stream: 5, poll: 2 };
const AFTER_THE_PAUSE_MS = 1_000;
const STATUSES = ['sent', 'delivered'];

for (const way of ['stream', 'poll'] as const) {
  test(`a callback's way to the screen by ${way}`, async ({
    page,
    request,
    phone,
    baseURL,
    tolerate,
  }) => {
    tolerate(/Failed to load resource/);
    const person = await newPerson(request, baseURL);
    const texts = Array.from({ length: TEXTS[way] }, (_, index) => `By ${way}, number ${index}`);
    for (const text of texts) await person.write(phone.unhurried, text);
    if (way === 'poll') await page.route('**/api/events', (route) => route.abort());
    await enter(page, person);
    await openThread(page, phone.unhurried);
    const milliseconds: number[] = [];
    for (const text of texts) {
      for (const status of STATUSES) {
        await expect(storedBubble(page, text)).toBeVisible();
        // Right after a poll, so that the next one is as late as it can be.
        await page.waitForResponse((response) => response.url().includes('/api/messages/changes?'));
        // The SPA pauses for a moment after each poll, also if an event comes.
        if (way === 'stream') await page.waitForTimeout(AFTER_THE_PAUSE_MS);
        const shown = timeOfShowing(page, text, status);
        const reportedAt = Date.now();
        await phone.report(text, status);
        milliseconds.push((await shown) - reportedAt);
      }
    }
    milliseconds.sort((one, other) => one - other);
    console.log(`By ${way}: ${milliseconds.join(', ')} ms`);
    const directory = process.env['BENCH_RESULTS'];
    if (directory) writeFileSync(`${directory}/${way}.json`, JSON.stringify(milliseconds));
  });
}

/** The time of the first frame that shows the status. */
function timeOfShowing(page: Page, text: string, status: string): Promise<number> {
  return page.evaluate(
    ([text, status]) =>
      new Promise<number>((resolve) => {
        const look = () => {
          const bubbles = [...document.querySelectorAll<HTMLElement>('app-message-bubble')];
          const bubble = bubbles.find((each) => each.textContent.includes(text));
          const isShown = bubble?.textContent.toLowerCase().includes(status);
          if (isShown) resolve(Date.now());
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      }),
    [text, status] as const,
  );
}
