// Weighs what pages load, as packed by gzip -9, and fails beyond the limits. The first page: the scripts and styles that
// index.html names. The messages page: those, and what public/start.js loads for somebody who is signed in. What is loaded
// later belongs to neither.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const FIRST_PAGE_BYTES = 95_000;
const MESSAGES_PAGE_BYTES = 190_000;

const built = new URL('../dist/frontend/browser/', import.meta.url);
const html = readFileSync(new URL('index.html', built), 'utf8');

const firstPage = filesIn(/(?:src|href)="([^"]+)"/g);
const messagesPage = [...firstPage, ...filesIn(/data-signed-in="([^"]+)"/g)];

const fits = [
  weigh('first page', firstPage, FIRST_PAGE_BYTES),
  weigh('messages page', messagesPage, MESSAGES_PAGE_BYTES, firstPage),
];
if (fits.includes(false)) {
  console.error('A page loads too much: see README.md for what to load later.');
  process.exit(1);
}

/** Lists the files, except those that are listed already. */
function weigh(page, files, limit, listed = []) {
  let total = 0;
  for (const name of new Set(files)) {
    const size = gzipSync(readFileSync(new URL(name, built)), { level: 9 }).length;
    total += size;
    if (!listed.includes(name)) console.log(`${String(size).padStart(7)}  ${name}`);
  }
  console.log(`${String(total).padStart(7)}  of ${limit} bytes that the ${page} may load`);
  return total <= limit;
}

function filesIn(attributes) {
  return [...html.matchAll(attributes)]
    .flatMap(([, value]) => value.split(' '))
    .filter((path) => /\.(js|css)$/.test(path))
    .map((path) => path.slice(1));
}
