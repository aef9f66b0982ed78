import { Locator, Page } from '@playwright/test';
import {
  bubble,
  composer,
  enter,
  expect,
  newNumber,
  newPerson,
  openThread,
  test,
} from './fixtures';

function row(page: Page, text: string): Locator {
  return page
    .getByRole('navigation', { name: 'Conversations' })
    .getByRole('listitem')
    .filter({ hasText: text });
}

async function askToDelete(page: Page, conversation: Locator): Promise<Locator> {
  await conversation.hover();
  await conversation.getByRole('button', { name: /^Actions on the conversation/ }).click();
  await page.getByRole('menuitem', { name: 'Delete conversation…' }).click();
  return page.getByRole('alertdialog', { name: 'Delete the conversation with Ann?' });
}

test('a conversation is deleted, but for what comes in meanwhile', async ({
  page,
  context,
  request,
  phone,
}) => {
  const person = await newPerson(request);
  const [ann, bob] = [newNumber(), newNumber()];
  await person.call(ann, 'Ann');
  await person.write(bob, 'Dear Bob');
  for (const text of ['First to Ann', 'Second to Ann']) await person.write(ann, text);
  await enter(page, person);
  await openThread(page, ann);
  await expect(bubble(page, 'First to Ann')).toContainText('Delivered');
  await expect(bubble(page, 'Second to Ann')).toContainText('Delivered');
  const tab = await context.newPage();
  await tab.goto('/messages');
  await expect(row(tab, 'Second to Ann')).toBeVisible();

  const question = await askToDelete(page, row(page, 'Second to Ann'));
  await expect(question).toContainText('2 messages will be deleted for you only');
  await question.getByRole('button', { name: 'Keep' }).click();
  await expect(row(page, 'Second to Ann')).toBeVisible();

  await askToDelete(page, row(page, 'Second to Ann'));
  await expect(question).toContainText('2 messages');
  await phone.write(ann, 'Wait for me');
  await expect(row(tab, 'Wait for me')).toBeVisible();
  await expect(row(page, 'Wait for me')).toHaveCount(1);
  await question.getByRole('button', { name: 'Delete' }).click();
  await expect(page).toHaveURL('/messages');
  await expect(page.getByText('Deleted, but for 1 message')).toBeVisible();
  await expect(row(page, 'Wait for me')).toBeVisible();
  await page.getByRole('button', { name: 'Close' }).click();
  await openThread(page, ann);
  await expect(bubble(page, 'Wait for me')).toBeVisible();
  await expect(bubble(page, 'First to Ann')).toHaveCount(0);
  await expect(bubble(page, 'Second to Ann')).toHaveCount(0);

  await askToDelete(page, row(page, 'Wait for me'));
  await expect(question).toContainText('1 message will be deleted');
  await question.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('Conversation deleted')).toBeVisible();
  await expect(page).toHaveURL('/messages');
  await expect(row(page, 'Dear Bob').getByRole('link')).toBeFocused();
  for (const each of [page, tab]) {
    await expect(row(each, 'Ann')).toHaveCount(0);
    await expect(row(each, 'Dear Bob')).toBeVisible();
  }
});

test('the notice of a deletion leaves in sight what is being written', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  const [ann, bob] = [newNumber(), newNumber()];
  await person.call(ann, 'Ann');
  await person.write(ann, 'Dear Ann');
  await person.write(bob, 'Dear Bob');
  await enter(page, person);
  await openThread(page, bob);
  await composer(page).fill('A line\n'.repeat(12));
  const question = await askToDelete(page, row(page, 'Dear Ann'));
  await question.getByRole('button', { name: 'Delete' }).click();
  const notice = page.locator('app-deletion-notice');
  await expect(notice).toContainText('Conversation deleted');
  for (const width of [1280, 1000, 2000]) {
    await page.setViewportSize({ width, height: 800 });
    await expect(async () => {
      const [shown, written] = await Promise.all([
        notice.boundingBox(),
        page.locator('.composer__writing').boundingBox(),
      ]);
      if (!shown || !written) throw new Error('Nothing is shown.');
      expect(shown.y + shown.height).toBeLessThanOrEqual(written.y);
      const middleOf = (box: { readonly x: number; readonly width: number }): number =>
        box.x + box.width / 2;
      expect(Math.abs(middleOf(shown) - middleOf(written))).toBeLessThan(2);
    }).toPass({ timeout: 2_000 });
  }
});
