// Builds the SPA as it is deployed: Angular's build with its chunks put together, then minified once more, then weighed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { minify } from 'terser';

const BUILT = new URL('../dist/frontend/browser/', import.meta.url);
// Each file stays a module of its own: what it exports keeps its name. `unsafe_*` assume what holds here: nobody calls
// arrow functions with `new`, or reads the source of a function.
const HARDER = {
  module: true,
  ecma: 2022,
  compress: {
    passes: 3,
    pure_getters: true,
    keep_fargs: false,
    unsafe_arrows: true,
    unsafe_methods: true,
  },
  format: { comments: false },
};

run('ng', ['build', ...process.argv.slice(2)], { NG_BUILD_OPTIMIZE_CHUNKS: '1' });
for (const name of readdirSync(BUILT).filter((name) => name.endsWith('.js'))) {
  const file = new URL(name, BUILT);
  const { code } = await minify(readFileSync(file, 'utf8'), HARDER);
  writeFileSync(file, code);
}
nameByContent('theme.js');
run('node', ['scripts/check-size.mjs'], {});

/** As Angular names its own files, so that they may be kept for ever. */
function nameByContent(name) {
  const file = new URL(name, BUILT);
  const hash = createHash('sha256').update(readFileSync(file)).digest('base64url').slice(0, 8);
  const named = name.replace(/\.js$/, `-${hash}.js`);
  const page = new URL('index.html', BUILT);
  writeFileSync(page, readFileSync(page, 'utf8').replace(`"/${name}"`, `"/${named}"`));
  renameSync(file, new URL(named, BUILT));
}

function run(command, args, environment) {
  const { status } = spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, ...environment },
    cwd: new URL('..', import.meta.url),
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
}
