import {
  bubble,
  enter,
  expect,
  newNumber,
  newPerson,
  openDetails,
  openThread,
  test,
} from './fixtures';

test('details are complete, have a URL, and closing them goes back', async ({
  page,
  request,
  phone,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const person = await newPerson(request);
  // Reports go to each message with this text, whoever has sent it.
  const text = `What became of me? ${crypto.randomUUID()}`;
  await person.write(phone.unhurried, text);
  await phone.report(text, 'undelivered');
  await enter(page, person);
  await openThread(page, phone.unhurried.replaceAll(' ', ''));
  const message = bubble(page, 'What became');
  const button = message.getByRole('button', { name: /^Actions on/ });
  const details = await openDetails(page, message);
  await expect(details.getByRole('heading', { name: 'Message details' })).toBeFocused();
  await expect(details).toContainText('Not delivered');
  await expect(message).toHaveClass(/message-bubble--selected/);
  await expect(details).toContainText('30003');
  await expect(details.getByRole('listitem')).toContainText([
    'Saved',
    /Queued.*Twilio's response/s,
    /Not delivered.*reported by Twilio/s,
  ]);
  await details.getByRole('button', { name: 'Copy the SID' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^SM[0-9a-f]{32}$/);

  await page.keyboard.press('Escape');
  await expect(details).toBeHidden();
  await expect(button).toBeFocused();
  await expect(page).not.toHaveURL(/details/);

  await openDetails(page, message);
  await expect(details).toBeVisible();
  await page.reload();
  await expect(details).toContainText(text);
  await page.goBack();
  await expect(details).toBeHidden();
  await expect(bubble(page, 'What became')).toBeVisible();
});

/** [width, height, what is beside the details] */
for (const [width, height, beside] of [
  [1440, 900, 'the list and the thread'],
  [1024, 768, 'the thread'],
  [390, 844, 'the thread, above'],
] as const) {
  test.describe(`${width} px wide`, () => {
    test.use({ viewport: { width, height } });

    test(`details are beside ${beside}, and never over their message`, async ({
      page,
      request,
      phone,
    }) => {
      const person = await newPerson(request);
      for (let count = 1; count <= 15; count++) {
        await person.write(phone.unhurried, `Message no. ${count}.`);
      }
      await enter(page, person);
      await openThread(page, phone.unhurried.replaceAll(' ', ''));
      for (const text of ['no. 15.', 'no. 6.']) {
        const message = bubble(page, text);
        await message.scrollIntoViewIfNeeded();
        const details = await openDetails(page, message);
        await expect(details).toContainText('SID');
        await expect(message).toBeInViewport({ ratio: 1 });
        const [above, below] = [await message.boundingBox(), await details.boundingBox()];
        if (!above || !below) throw new Error('Not on the screen');
        const isApart =
          above.x + above.width <= below.x + 1 || above.y + above.height <= below.y + 17;
        expect(isApart, `${JSON.stringify(above)} ${JSON.stringify(below)}`).toBe(true);
        const list = page.getByRole('navigation', { name: 'Conversations' });
        await expect(list).toBeVisible({ visible: width >= 1400 });
        await details.getByRole('button', { name: 'Close' }).click();
        await expect(details).toBeHidden();
        await expect(page.getByRole('textbox', { name: 'Message' })).toBeVisible();
      }
    });
  });
}

test('details of an unknown message show an error', async ({ page, request, tolerate }) => {
  tolerate(/(404|422) .*\/api\/messages/);
  const person = await newPerson(request);
  await enter(page, person);
  await page.goto(`/messages/${encodeURIComponent(newNumber())}?details=6921f0c2a4b1c93e5d0f7a12`);
  const details = page.getByRole('dialog', { name: 'Message details' });
  await expect(details.getByRole('alert')).toContainText("This can't be found.");
  await details.getByRole('button', { name: 'Close' }).click();
  await expect(details).toBeHidden();
});
