// Joins the many small scripts that Angular's build makes of what several pages share. Each is a request, of which a browser
// makes six at a time. The main script becomes one file, and so does what each of the PAGES shares with others. index.html
// then tells public/start.js which files such a page needs, so that all are requested before the main script runs.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rolldown } from 'rolldown';

/** What the app loads first, as in app.routes.ts, for somebody who is signed in or not; e2e/start.spec.ts compares them. */
const PAGES = {
  guest: { parts: ['src/app/account/sign-in/sign-in.routes.ts'], stylesheets: ['account'] },
  'signed-in': {
    parts: ['src/app/signed-in.ts', 'src/app/messenger/messenger.routes.ts'],
    stylesheets: ['layout', 'messenger'],
  },
};

/**
 * Tells Chromium to compile all functions of a file in the background, while it loads, and not each when it is called first,
 * for which the page would wait: https://v8.dev/blog/explicit-compile-hints
 */
const COMPILE_NOW = '//# allFunctionsCalledOnLoad';

const built = new URL('../dist/frontend/browser/', import.meta.url);
const page = new URL('index.html', built);
const { outputs } = JSON.parse(readFileSync(new URL('../stats.json', built), 'utf8'));
const main = scriptOf('src/main.ts');
const joined = joinedNames();
const written = await join();
writePage();

/** The name of the file that each small script becomes a part of. */
function joinedNames() {
  const names = new Map();
  const first = withImports(main);
  for (const [name, { parts }] of Object.entries(PAGES)) {
    for (const script of parts.map(scriptOf).flatMap((part) => [...withImports(part)])) {
      // A part stays as it is: others may be loaded without it.
      if (!outputs[script].entryPoint && !first.has(script) && !names.has(script))
        names.set(script, `${name}-shared`);
    }
  }
  return names;
}

async function join() {
  const bundle = await rolldown({
    input: `./${main}`,
    cwd: built.pathname,
    preserveEntrySignatures: false,
  });
  const groups = [{ name: (id) => joined.get(baseName(id)) ?? null }];
  const { output } = await bundle.generate({
    entryFileNames: 'main-[hash].js',
    chunkFileNames: ({ name }) => `${name.replace(/-\w{8}$/, '')}-[hash].js`,
    hashCharacters: 'base36',
    minify: { mangle: false, compress: false, codegen: true },
    codeSplitting: { groups, includeDependenciesRecursively: false },
  });
  for (const script of output.flatMap(({ moduleIds }) => moduleIds.map(baseName))) {
    rmSync(new URL(script, built), { force: true });
  }
  const parts = PAGES['signed-in'].parts.map(scriptOf);
  const needed = new Set([main, ...parts].flatMap((script) => [...withImports(script)]));
  for (const { fileName, moduleIds, code } of output) {
    const isNeeded = moduleIds.some((id) => needed.has(baseName(id)));
    writeFileSync(new URL(fileName, built), isNeeded ? `${COMPILE_NOW}\n${code}` : code);
  }
  return output;
}

function writePage() {
  const html = readFileSync(page, 'utf8');
  const attributes = Object.entries(PAGES).map(([name, { parts, stylesheets }]) => {
    const files = [
      ...stylesheets.map((stylesheet) => stylesheetOf(html, stylesheet)),
      ...new Set(parts.flatMap((part) => writtenOf(scriptOf(part)))),
    ];
    return ` data-${name}="${files.map((file) => `/${file}`).join(' ')}"`;
  });
  writeFileSync(
    page,
    html
      .replaceAll(/<link rel="modulepreload"[^>]*>/g, '')
      .replace(`"/${main}"`, `"/${written.find(({ isEntry }) => isEntry).fileName}"`)
      .replace(/(<script src="\/start[^"]*")/, `$1${attributes.join('')}`),
  );
}

/** The written file of this script, and those that it imports, without the main script. */
function writtenOf(script) {
  const first = written.find(
    ({ facadeModuleId }) => facadeModuleId && baseName(facadeModuleId) === script,
  );
  const files = new Set([first.fileName]);
  for (const file of files) {
    for (const name of written.find(({ fileName }) => fileName === file).imports) {
      if (!written.find(({ fileName }) => fileName === name).isEntry) files.add(name);
    }
  }
  return [...files];
}

function scriptOf(part) {
  const found = Object.keys(outputs).find((name) => outputs[name].entryPoint === part);
  if (!found) throw new Error(`The build has no script that begins with ${part}.`);
  return found;
}

function withImports(script) {
  const found = new Set([script]);
  for (const name of found) {
    for (const { path, kind } of outputs[name].imports) {
      if (kind === 'import-statement') found.add(path);
    }
  }
  return found;
}

function stylesheetOf(html, name) {
  const [, file] = html.match(`<meta name="stylesheet-${name}" content="/([^"]+)"`) ?? [];
  if (!file) throw new Error(`index.html has no stylesheet ${name}.`);
  return file;
}

function baseName(id) {
  return id.slice(id.lastIndexOf('/') + 1);
}
