// Prints the path of a Chromium or Chrome that starts, or nothing if Playwright's own is used. If there is none, installs
// one: Playwright's own or, as root on Debian or Ubuntu, the system's package. Otherwise prints how to, and fails.
import { spawnSync } from 'node:child_process';
import { chromium } from '@playwright/test';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC_APPS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const DOWNLOAD_TIMEOUT_MS = 5 * 60 * 1000;

const path = (await findInstalled()) ?? (await installPlaywrights()) ?? (await installPackage());
if (path === undefined) {
  console.error(
    'The browser tests need Chromium or Chrome, and none could be found or installed. Install one (for example with\n' +
      '"apt install chromium"), or set CHROMIUM_PATH to the one that you have.',
  );
  process.exit(1);
}
console.log(path);

async function findInstalled() {
  if (process.env.CHROMIUM_PATH) {
    return (await starts(process.env.CHROMIUM_PATH)) ? process.env.CHROMIUM_PATH : undefined;
  }
  const found = NAMES.map((name) => run('sh', ['-c', `command -v ${name}`]).stdout.trim());
  for (const candidate of [...found.filter(Boolean), ...MAC_APPS, '']) {
    if (await starts(candidate)) {
      return candidate;
    }
  }
  return undefined;
}

async function installPlaywrights() {
  console.error('No Chromium or Chrome was found: getting Playwright’s own ...');
  const installed = run('npx', ['playwright', 'install', 'chromium'], DOWNLOAD_TIMEOUT_MS);
  return installed.status === 0 && (await starts('')) ? '' : undefined;
}

async function installPackage() {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  console.error('That did not work: installing the system’s package ...');
  run('sh', [
    '-c',
    'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium',
  ]);
  const candidate = run('sh', ['-c', 'command -v chromium']).stdout.trim();
  return candidate && (await starts(candidate)) ? candidate : undefined;
}

async function starts(executablePath) {
  try {
    const browser = await chromium.launch({
      ...(executablePath ? { executablePath } : {}),
      args: ['--no-sandbox', '--disable-gpu'],
    });
    await browser.close();
    return true;
  } catch {
    return false;
  }
}

function run(command, args, timeout) {
  return spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout,
  });
}
