// Adds up the scripts and styles that index.html loads, as packed by gzip -9, and fails beyond the limit.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT_BYTES = 95_000;

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
  console.error('The first page loads too much: see README.md for what to load later.');
  process.exit(1);
}
