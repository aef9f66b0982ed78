// Writes API_BASE_URL into the built index.html, for a site that is served from elsewhere than its API.
import { readFileSync, writeFileSync } from 'node:fs';

const page = new URL('../dist/frontend/browser/index.html', import.meta.url);
const meta = /(<meta name="api-base-url" content=")[^"]*(")/;

const given = process.env.API_BASE_URL ?? '';
if (!/^https?:/.test(given) || !URL.canParse(given)) {
  throw new Error(`API_BASE_URL must be the http(s) URL of the API, not "${given}"`);
}
const url = new URL(given);
const html = readFileSync(page, 'utf8');
if (!meta.test(html)) {
  throw new Error('index.html has no <meta name="api-base-url">');
}
const base = (url.origin + url.pathname).replace(/\/+$/, '');
writeFileSync(page, html.replace(meta, `$1${base}$2`));
console.log(`The API is at ${base}`);
