import { Page } from '@playwright/test';
import { expect, scrollToOldest } from '../fixtures';
import { storeMessages } from './store-messages';

export interface LongThread {
  readonly number: string;
  readonly count: number;
  readonly loaded: number;
}

/** Stores the messages, as copies of the one with this text, loads the newest of them, and shows the newest. */
export async function loadThread(
  page: Page,
  text: string,
  { number, count, loaded }: LongThread,
): Promise<void> {
  const bubbles = page.locator('app-message-bubble');
  await storeMessages(process.env['E2E_MONGODB_URI'] ?? '', text, number, count);
  await page.goto(`/messages/${encodeURIComponent(number)}`);
  for (let shown = 50; shown <= loaded; shown += 100) {
    await expect(bubbles).toHaveCount(shown);
    if (shown < loaded) await scrollToOldest(page);
  }
  const toNewest = page.getByRole('button', { name: 'Jump to latest' });
  if (await toNewest.isVisible()) await toNewest.click();
  await expect(bubbles.last()).toBeInViewport();
}

/** Until everything is rendered. */
export async function rest(page: Page): Promise<void> {
  await page.evaluate(
    () =>
      new Promise((done) =>
        requestAnimationFrame(() => requestAnimationFrame(() => requestIdleCallback(done))),
      ),
  );
}
