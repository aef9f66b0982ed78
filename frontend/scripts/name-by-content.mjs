// Names the built files that Angular does not by their content, as it names its own, so that browsers may cache them for
// ever: start.js and the stylesheets of the features. index.html has their names.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';

const built = new URL('../dist/frontend/browser/', import.meta.url);
const page = new URL('index.html', built);
let html = readFileSync(page, 'utf8');
for (const name of readdirSync(built).filter((name) => /^[\w-]+\.(js|css)$/.test(name))) {
  if (!html.includes(`"/${name}"`) || /-[\w-]{8}\.\w+$/.test(name)) continue;
  const file = new URL(name, built);
  const hash = createHash('sha256').update(readFileSync(file)).digest('base64url').slice(0, 8);
  const named = name.replace(/\.\w+$/, (extension) => `-${hash}${extension}`);
  html = html.replace(`"/${name}"`, `"/${named}"`);
  renameSync(file, new URL(named, built));
}
writeFileSync(page, html);
