// Prepares the build for a static host that honours the files _headers and _redirects, such as Netlify:
//
//   API_BASE_URL=https://api.example.com node scripts/prepare-static-site.mjs    the browser calls the API there
//   API_PROXY_URL=https://api.example.com node scripts/prepare-static-site.mjs   the browser calls the site, which proxies the API
//
// The folder may be given as an argument.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeServiceWorker } from './make-service-worker.mjs';
import { A_YEAR, securityHeaders } from './security-headers.mjs';

const META = /(<meta name="api-base-url" content=")[^"]*(")/;
const NAMED_BY_CONTENT = /-[\w-]{8}\.(js|css)$/;

try {
  await prepare(resolve(process.argv[2] ?? join(import.meta.dirname, '../dist/frontend/browser')));
} catch (error) {
  console.error(`The site cannot be prepared: ${error.message}`);
  process.exit(1);
}

async function prepare(folder) {
  const { API_BASE_URL, API_PROXY_URL } = process.env;
  if (Boolean(API_BASE_URL) === Boolean(API_PROXY_URL)) {
    throw new Error(
      'set API_BASE_URL to the address of the API, such as https://api.example.com, or API_PROXY_URL if this site ' +
        `shall pass on what is meant for the API. ${API_BASE_URL ? 'Both are set.' : 'Neither is set.'}`,
    );
  }
  const url = API_BASE_URL ? parse('API_BASE_URL') : parse('API_PROXY_URL');
  const base = (url.origin + url.pathname).replace(/\/+$/, '');
  writePage(join(folder, 'index.html'), API_BASE_URL ? base : '');
  await makeServiceWorker(folder);
  writeFileSync(join(folder, '_headers'), headers(API_BASE_URL ? url.origin : "'self'", folder));
  writeFileSync(join(folder, '_redirects'), API_BASE_URL ? '' : proxies(base));
  console.log(
    API_BASE_URL ? `The browser calls the API at ${base}` : `The API is passed on to ${base}`,
  );
}

/** Throws an error with a sentence if a browser could not call this URL from a page loaded by https. */
function parse(name) {
  const given = process.env[name].trim();
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const local = url && /^(localhost|.*\.localhost|127\.0\.0\.1)$/.test(url.hostname);
  if (!url || !(url.protocol === 'https:' || (url.protocol === 'http:' && local))) {
    throw new Error(`${name} must be a URL that begins with https://, not "${given}".`);
  }
  if (url.search || url.hash || url.username || url.password) {
    throw new Error(`${name} must be an address alone, without "?", "#" or a password.`);
  }
  return url;
}

function writePage(page, base) {
  const html = readFileSync(page, 'utf8');
  if (!META.test(html)) {
    throw new Error(`${page} has no <meta name="api-base-url">.`);
  }
  writeFileSync(
    page,
    html.replace(META, (_, before, after) => before + base + after),
  );
}

/** A host joins the values of all matching rules, so that no header may be in two of them. Pages keep the host's own
 * Cache-Control, by which they are always revalidated. */
function headers(api, folder) {
  const named = readdirSync(folder, { recursive: true }).filter((file) =>
    NAMED_BY_CONTENT.test(file),
  );
  return [
    '/*',
    ...Object.entries(securityHeaders(api)).map(([name, value]) => `  ${name}: ${value}`),
    ...named.sort().flatMap((file) => [`/${file}`, `  Cache-Control: ${A_YEAR}`]),
    '',
  ].join('\n');
}

function proxies(base) {
  return [
    `/api/* ${base}/api/:splat 200`,
    `/users ${base}/users 200`,
    `/users/* ${base}/users/:splat 200`,
    '',
  ].join('\n');
}
