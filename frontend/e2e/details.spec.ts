import { bubble, enter, expect, newNumber, newPerson, openThread, test } from './fixtures';

test('details are complete, have a URL, and closing them goes back', async ({
  page,
  request,
  phone,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const person = await newPerson(request);
  await person.write(phone.unhurried, 'What became of me?');
  await phone.report('What became of me?', 'undelivered');
  await enter(page, person);
  await openThread(page, phone.unhurried.replaceAll(' ', ''));
  const button = bubble(page, 'What became').getByRole('button', { name: /^Details of/ });
  await button.click();
  const details = page.getByRole('dialog', { name: 'Message details' });
  await expect(details).toContainText('Not delivered.');
  await expect(details).toContainText('30003');
  await expect(details.getByRole('listitem')).toContainText([
    'Saved',
    /Queued.*Twilio's response/s,
    /Not delivered.*status callback/s,
  ]);
  await details.getByRole('button', { name: 'Copy the SID' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^SM[0-9a-f]{32}$/);

  await page.keyboard.press('Escape');
  await expect(details).toBeHidden();
  await expect(button).toBeFocused();
  await expect(page).not.toHaveURL(/details/);

  await button.click();
  await expect(details).toBeVisible();
  await page.reload();
  await expect(details).toContainText('What became of me?');
  await page.goBack();
  await expect(details).toBeHidden();
  await expect(bubble(page, 'What became')).toBeVisible();
});

test('details of an unknown message show an error', async ({ page, request, tolerate }) => {
  tolerate(/404 .*\/api\/messages/);
  const person = await newPerson(request);
  await enter(page, person);
  await page.goto(`/messages/${encodeURIComponent(newNumber())}?details=6921f0c2a4b1c93e5d0f7a12`);
  const details = page.getByRole('dialog', { name: 'Message details' });
  await expect(details.getByRole('alert')).toContainText("This can't be found.");
  await details.getByRole('button', { name: 'Close' }).click();
  await expect(details).toBeHidden();
});
