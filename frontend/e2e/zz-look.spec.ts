import { bubble, expect, fillSignIn, newPerson, signIn, test, PASSWORD } from './fixtures';
import { EMAIL, PEER, generateApi, aMessage } from './generated-api';

const ADA = '+1 500 555 1002';
const TO_ADA = [
  ['Hi Maya! Sure, bring it in tomorrow before noon and we’ll check it the same day.', 'delivered'],
  ['Your slot: velonord.example/book', 'delivered'],
  ['Or call +41 79 123 45 67', 'delivered'],
  ['All done: new cable, fresh chain. CHF 64.', 'sent'],
  ['Shall we swap the brake pads too?', 'undelivered'],
  ['Then the pads are yours. See you at six!', 'sending'],
] as const;

for (const colorScheme of ['light', 'dark'] as const)
  for (const [width, height] of [
    [360, 740],
    [768, 1024],
    [1280, 800],
    [1920, 1080],
  ] as const)
    test.describe(`${width} ${colorScheme}`, () => {
      const isPhone = width < 720;
      test.use({
        colorScheme,
        viewport: { width, height },
        hasTouch: isPhone,
        isMobile: isPhone,
        contextOptions: { reducedMotion: 'reduce' },
      });
      test('look', async ({ page, request, phone }) => {
        const picture = (name: string) =>
          page.screenshot({ path: `test-results/look/${name}-${width}-${colorScheme}.png` });
        const person = await newPerson(request);
        for (const [text, status] of TO_ADA) {
          await person.write(ADA, text);
          await phone.report(text, status);
        }
        await person.write('+4930901820', 'Danke, bis Montag!');
        await signIn(page, person.email);
        await page.goto('/messages/+15005551002');
        await expect(bubble(page, 'brake pads')).toContainText('Not delivered');
        if (!isPhone) await bubble(page, 'Your slot').hover();
        await page.waitForTimeout(500);
        await picture('thread');
        if (isPhone)
          await bubble(page, 'brake pads')
            .getByRole('button', { name: /^Actions on/ })
            .tap();
        else
          await bubble(page, 'brake pads')
            .getByRole('button', { name: /^Actions on/ })
            .click();
        await page.waitForTimeout(300);
        await picture('menu');
        await page.getByRole('menuitem', { name: 'Details' }).click();
        await expect(page.getByRole('dialog', { name: 'Message details' })).toContainText('SID');
        await page.waitForTimeout(300);
        await picture('details');
        await page.goto('/messages/+4930901820');
        await expect(bubble(page, 'Danke')).toBeVisible();
        await picture('short');
      });
      test('full', async ({ page }) => {
        const picture = (name: string) =>
          page.screenshot({ path: `test-results/look/${name}-${width}-${colorScheme}.png` });
        const api = await generateApi(page, { conversations: 60, messages: 5000 });
        await page.goto('/sign-in');
        await fillSignIn(page, EMAIL, PASSWORD);
        await page.goto(`/messages/${PEER}`);
        await expect(page.locator('app-message-bubble').last()).toBeVisible();
        await page.waitForTimeout(500);
        await picture('full');
        for (let i = 1; i < 3; i++) {
          await page.locator('.thread__messages').evaluate((e) => e.scrollBy(0, -900));
          await page.waitForTimeout(400);
          await picture(`full-${i}`);
        }
        await page.goto(`/messages/${PEER}?details=${'2'.padStart(24, '0')}`);
        await expect(page.getByRole('dialog', { name: 'Message details' })).toContainText('SID');
        await page.waitForTimeout(300);
        await picture('full-details');
      });
    });
