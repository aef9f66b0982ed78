// Names the built theme.js by its content, as Angular names its own files, so that browsers may cache it for ever.
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

const built = new URL('../dist/frontend/browser/', import.meta.url);
const file = new URL('theme.js', built);
const hash = createHash('sha256').update(readFileSync(file)).digest('base64url').slice(0, 8);
const named = `theme-${hash}.js`;
const page = new URL('index.html', built);
writeFileSync(page, readFileSync(page, 'utf8').replace('"/theme.js"', `"/${named}"`));
renameSync(file, new URL(named, built));
