// Makes the service worker of a built site: service-worker.js, and ngsw.json, the list of its files with their hashes, from
// which Angular's worker learns that there is a new version. The build runs this once all files have their last names;
// what changes a file afterwards makes them again.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Generator } from '@angular/service-worker/config';

const FRONTEND = join(import.meta.dirname, '..');
const OWN = join(FRONTEND, 'src/service-worker.js');
const ANGULARS = join(FRONTEND, 'node_modules/@angular/service-worker/ngsw-worker.js');
const CONFIG = join(FRONTEND, 'ngsw-config.json');

if (process.argv[1] === import.meta.filename) {
  await makeServiceWorker(join(FRONTEND, 'dist/frontend/browser'));
}

/** @param {string} folder the files of the site */
export async function makeServiceWorker(folder) {
  // The list has the time, so that each build is another version: the worker takes one that it still holds for a tab as
  // nothing new, also when a deployment goes back to it.
  const list = await new Generator(filesOf(folder), '/').process(
    JSON.parse(readFileSync(CONFIG, 'utf8')),
  );
  writeFileSync(join(folder, 'ngsw.json'), `${JSON.stringify(list, null, 2)}\n`);
  const parts = [OWN, ANGULARS].map((file) => readFileSync(file, 'utf8'));
  writeFileSync(join(folder, 'service-worker.js'), parts.join('\n'));
}

function filesOf(folder) {
  const read = (path) => readFileSync(join(folder, path));
  return {
    list: async () =>
      readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length)),
    read: async (path) => read(path).toString(),
    hash: async (path) => createHash('sha1').update(read(path)).digest('hex'),
  };
}
