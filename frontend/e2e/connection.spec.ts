import { startServer } from './another-server';
import {
  bubble,
  composer,
  enter,
  expect,
  fillSignIn,
  newNumber,
  newPerson,
  openThread,
  storedBubble,
  test,
} from './fixtures';

/** The next poll is due after ten seconds; its response may take five more. */
const NOTICED_WITHIN_MS = 20_000;
/** A request without a response ends after twenty seconds. */
const GIVEN_UP_WITHIN_MS = 45_000;

test('"Up to date" is not shown while the API is suspended or dead', async ({
  page,
  request,
  tolerate,
}) => {
  test.setTimeout(180_000);
  // The last one is the event stream, which breaks off.
  tolerate(
    /ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|ERR_INCOMPLETE_CHUNKED_ENCODING/,
  );
  // Once it goes on, it may have lost its database for a moment.
  tolerate(/503 .*\/api\//);
  const server = await startServer({});
  try {
    const person = await newPerson(request, server.url);
    await page.goto(`${server.url}/sign-in`);
    await fillSignIn(page, person.email);
    const status = page.getByRole('status');
    await expect(status).toHaveText('Up to date');

    server.signalApi('SIGSTOP');
    // The next poll is late, or one that was under way has been given up.
    const lost = /^\s*(Reconnecting…|Can't reach the server\.)/;
    await expect(status).toHaveText(lost, { timeout: NOTICED_WITHIN_MS });
    await expect(status).toContainText("Can't reach the server.", {
      timeout: GIVEN_UP_WITHIN_MS,
    });
    await expect(status).toContainText(/Last updated \d/);
    // It is said once.
    await expect(page.getByText('These messages may be out of date.')).toBeHidden();
    server.signalApi('SIGCONT');
    await expect(status).toHaveText('Up to date', { timeout: GIVEN_UP_WITHIN_MS });
    await expect(page.getByText('These messages may be out of date.')).toBeHidden();

    server.signalApi('SIGKILL');
    await expect(status).toContainText("Can't reach the server.", {
      timeout: NOTICED_WITHIN_MS,
    });
    await expect(page.getByText('Up to date')).toHaveCount(0);
  } finally {
    await server.stop();
  }
});

test('offline, nothing is shown as failed', async ({ page, request, context, tolerate }) => {
  tolerate(/ERR_INTERNET_DISCONNECTED/);
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'Before');
  await enter(page, person);
  await openThread(page, number);
  await expect(storedBubble(page, 'Before')).toContainText(/Queued|Sent|Delivered/);

  await context.setOffline(true);
  await expect(page.getByRole('status').first()).toContainText("You're offline.");
  await expect(page.getByRole('status').first()).toContainText(/Last updated \d/);
  // It is said once.
  await expect(page.getByText('These messages may be out of date.')).toBeHidden();
  await expect(page.getByText('Up to date')).toHaveCount(0);
  await composer(page).fill('Written offline');
  await composer(page).press('Enter');
  await expect(bubble(page, 'Written offline')).toContainText("Can't reach the server.");
  // It is not known that it failed: neither the message nor the conversation may show "Not sent".
  await expect(
    page.locator('.tone-danger, .message-notice--danger, .message-bubble--failed'),
  ).toHaveCount(0);
  await expect(page.getByText('Not sent')).toHaveCount(0);

  await context.setOffline(false);
  await expect(storedBubble(page, 'Written offline')).toContainText(/Queued|Sent|Delivered/);
  await expect(page.getByRole('status').first()).toHaveText('Up to date');
});
