// Draws public/icons/ and public/favicon-unread.svg from the mark, public/favicon.svg. Run it after the mark has changed: node scripts/make-icons.mjs
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chromium } from '@playwright/test';

const FIELD = '#0c5f50';
const PUBLIC = new URL('../public/', import.meta.url);

const mark = readFileSync(new URL('favicon.svg', PUBLIC), 'utf8');
const DOT = '<circle cx="28" cy="8" r="7" fill="#d8412f" stroke="#fffdf8" stroke-width="2"/>';
writeFileSync(new URL('favicon-unread.svg', PUBLIC), mark.replace('</svg>', `  ${DOT}\n</svg>`));
/** Each with its size in pixels. */
const ICONS = [
  { name: 'icon-192', size: 192 },
  { name: 'icon-512', size: 512 },
  // Platforms cut these to a shape of their own: the field fills them, and the mark keeps within the safe circle.
  { name: 'icon-maskable-512', size: 512, background: FIELD },
  { name: 'apple-touch-icon', size: 180, background: FIELD },
];

mkdirSync(new URL('icons/', PUBLIC), { recursive: true });
const browser = await chromium.launch({
  ...(process.env.CHROMIUM_PATH && { executablePath: process.env.CHROMIUM_PATH }),
  args: ['--no-sandbox', '--disable-gpu'],
});
for (const { name, size, background } of ICONS) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(
    `<body style="margin: 0; background: ${background ?? 'none'}">${mark}</body>`,
  );
  await page.screenshot({
    path: new URL(`icons/${name}.png`, PUBLIC).pathname,
    omitBackground: background === undefined,
  });
  await page.close();
}
await browser.close();
