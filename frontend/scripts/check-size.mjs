// Weighs what pages load, as packed by gzip -9, and fails beyond the limits. The first page: the scripts and styles that
// index.html names, and what they import (stats.json, which the build writes). The messages page: those, and its own parts
// with what they import. What is loaded later, by import(), belongs to neither.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const FIRST_PAGE_BYTES = 95_000;
const MESSAGES_PAGE_BYTES = 190_000;

/** What preloadSignedIn in app.routes.ts loads; e2e/sizes.spec.ts compares it with what a browser does. */
const PARTS = ['src/app/signed-in.ts', 'src/app/messenger/messenger.routes.ts'];
const STYLESHEETS = ['layout', 'messenger'];

const built = new URL('../dist/frontend/browser/', import.meta.url);
const html = readFileSync(new URL('index.html', built), 'utf8');
const { outputs } = JSON.parse(readFileSync(new URL('../stats.json', built), 'utf8'));

const named = [...html.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map(([, name]) => name);
const firstPage = [...named, ...withImports(scriptOf('src/main.ts'))];
const messagesPage = [
  ...firstPage,
  ...PARTS.flatMap((part) => withImports(scriptOf(part))),
  ...STYLESHEETS.map(stylesheet),
];

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

function scriptOf(part) {
  const found = Object.keys(outputs).find((name) => outputs[name].entryPoint === part);
  if (!found) throw new Error(`The build has no script that begins with ${part}.`);
  return found;
}

function withImports(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  for (const { path, kind } of outputs[name].imports) {
    if (kind === 'import-statement') withImports(path, found);
  }
  return [...found];
}

function stylesheet(name) {
  const [, file] = html.match(`<meta name="stylesheet-${name}" content="/([^"]+)"`) ?? [];
  if (!file) throw new Error(`index.html has no stylesheet ${name}.`);
  return file;
}
