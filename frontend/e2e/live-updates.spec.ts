import { Page, Route } from '@playwright/test';
import { enter, expect, newPerson, openThread, storedBubble, test } from './fixtures';

/** Long before the next poll, which comes ten seconds after the last one. */
const BEFORE_THE_POLL_MS = 5_000;
/** When streams that fail are asked for with the shortest jitter, in milliseconds after the first one. */
const STREAM_REQUESTS_AT_MS = [0, 1_000, 3_000, 7_000, 15_000, 31_000];

/** Waits for the next poll that begins from now on, and for its response. */
async function waitForPoll(page: Page): Promise<void> {
  const poll = await page.waitForRequest((call) => call.url().includes('/api/messages/changes?'));
  await poll.response();
}

test('a status shows at once, without waiting for the poll', async ({ page, request, phone }) => {
  const person = await newPerson(request);
  await person.write(phone.unhurried, 'Shows at once');
  const opened = page.waitForResponse('**/api/events');
  await enter(page, person);
  expect((await opened).status()).toBe(200);
  expect((await opened).url()).not.toContain('?');
  await openThread(page, phone.unhurried);
  const message = storedBubble(page, 'Shows at once');
  await expect(message).toContainText('Queued');

  for (const status of ['sent', 'delivered']) {
    await waitForPoll(page);
    await phone.report('Shows at once', status);
    const reportedAt = Date.now();
    await expect(message).toContainText(new RegExp(status, 'i'), { timeout: BEFORE_THE_POLL_MS });
    test.info().annotations.push({ type: status, description: `${Date.now() - reportedAt} ms` });
  }
});

for (const [name, answer] of [
  ['blocked', (route: Route) => route.abort()],
  ['refused', (route: Route) => route.fulfill({ status: 503, json: {} })],
  ['held back by a proxy', () => Promise.resolve()],
] as const) {
  test(`a status shows with the next poll if the event stream is ${name}`, async ({
    page,
    request,
    phone,
    tolerate,
  }) => {
    tolerate(/Failed to load resource/);
    const person = await newPerson(request);
    const text = `Shows although the stream is ${name}`;
    await person.write(phone.unhurried, text);
    const askedAt: number[] = [];
    await page.route('**/api/events', (route) => {
      askedAt.push(Date.now());
      return answer(route);
    });
    await enter(page, person);
    await page.getByRole('link', { name: new RegExp(text) }).click();
    await expect(storedBubble(page, text)).toContainText('Queued');
    await waitForPoll(page);
    const before = askedAt.length;
    await phone.report(text, 'delivered');
    await waitForPoll(page);
    await expect(storedBubble(page, text)).toContainText('Delivered', {
      timeout: BEFORE_THE_POLL_MS,
    });
    await expect(page.getByRole('status').first()).toHaveText('Up to date');
    expect(before).toBeGreaterThan(0);
    const [firstAt = NaN] = askedAt;
    const elapsedMs = Date.now() - firstAt;
    expect(askedAt.length).toBeLessThanOrEqual(
      STREAM_REQUESTS_AT_MS.filter((dueMs) => dueMs <= elapsedMs + 500).length,
    );
  });
}
