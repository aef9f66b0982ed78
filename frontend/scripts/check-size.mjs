// Weighs what index.html loads before anything can be seen, scripts and styles, as gzip -9 packs it. Fails beyond the limit.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT_BYTES = 85_000;

const built = new URL('../dist/frontend/browser/', import.meta.url);
const html = readFileSync(new URL('index.html', built), 'utf8');
const names = new Set(
  [...html.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map(([, name]) => name),
);
let total = 0;
for (const name of names) {
  const size = gzipSync(readFileSync(new URL(name, built)), { level: 9 }).length;
  total += size;
  console.log(`${String(size).padStart(7)}  ${name}`);
}
console.log(`${String(total).padStart(7)}  of ${LIMIT_BYTES} bytes that the first page may load`);
if (names.size === 0 || total > LIMIT_BYTES) {
  console.error('The first page loads too much. Load later what it does not show: see README.md.');
  process.exit(1);
}
