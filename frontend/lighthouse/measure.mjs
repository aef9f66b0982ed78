// Prints the medians of five Lighthouse runs of the sign-in page and the messages page, with the built product, and fails if a
// median is below the goal. The URL is the argument, CHROMIUM_PATH comes from the environment.
import lighthouse, { desktopConfig } from 'lighthouse';
import { pageFunctions } from 'lighthouse/core/lib/page-functions.js';
import puppeteer from 'puppeteer-core';

const RUNS = 5;
/** That of line 11 in backend/docs/performance.md. */
const GOAL = 95;
/** By how much Lighthouse slows a processor down by default, which makes a phone of a fast desktop. */
const SLOWDOWN = 4;
/** The benchmark index of such a desktop. Its documentation (docs/throttling.md) says to slow a weaker machine down less. */
const DESKTOP_INDEX = 1750;
const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];

const url = process.argv[2];
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM_PATH || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});
try {
  console.log(['page', 'form', ...CATEGORIES, 'machine', 'slowdown'].join('\t'));
  await report('sign-in', `${url}/sign-in`);
  const page = await browser.newPage();
  await signUp(page);
  await report('messages', `${url}/messages`);
} finally {
  await browser.close();
}

async function report(name, address) {
  for (const [form, config] of [
    ['phone', undefined],
    ['desktop', desktopConfig],
  ]) {
    const runs = [];
    const indexes = [];
    const slowdowns = [];
    const wanting = new Set();
    for (let attempt = 0; runs.length < RUNS; attempt += 1) {
      const page = await browser.newPage();
      await forgetFiles(page, new URL(address).origin);
      const index = await page.evaluate(pageFunctions.computeBenchmarkIndex);
      const slowdown =
        form === 'phone' ? Math.max(1, SLOWDOWN * Math.min(1, index / DESKTOP_INDEX)) : 1;
      // The session in the browser's storage makes it the messages page.
      const flags = {
        onlyCategories: CATEGORIES,
        disableStorageReset: true,
        logLevel: 'error',
        // The browser itself is slowed down, instead of computing what a slow one would do.
        throttlingMethod: 'devtools',
        throttling: { cpuSlowdownMultiplier: slowdown },
      };
      const { lhr } = await lighthouse(address, flags, config, page);
      await page.close();
      if (lhr.runtimeError) {
        // A busy browser sometimes does not report when the load began: then nothing is measured.
        if (lhr.runtimeError.code === 'NO_NAVSTART' && attempt < 2 * RUNS) continue;
        throw new Error(lhr.runtimeError.message);
      }
      if (new URL(lhr.finalDisplayedUrl).pathname !== new URL(address).pathname) {
        throw new Error(`${address} led to ${lhr.finalDisplayedUrl}`);
      }
      indexes.push(Math.round(index));
      slowdowns.push(slowdown);
      runs.push(CATEGORIES.map((category) => Math.round(100 * lhr.categories[category].score)));
      for (const category of CATEGORIES.slice(1)) {
        for (const { id, weight } of lhr.categories[category].auditRefs) {
          const { score, title } = lhr.audits[id];
          if (weight > 0 && score !== null && score < 1) wanting.add(`${category}: ${title}`);
        }
      }
    }
    const medians = CATEGORIES.map((_, at) => median(runs.map((scores) => scores[at])));
    console.log([name, form, ...medians, median(indexes), median(slowdowns).toFixed(1)].join('\t'));
    for (const sentence of wanting) console.log(`\t${sentence}`);
    CATEGORIES.forEach((category, at) => {
      if (medians[at] >= GOAL) return;
      console.error(`${name}, ${form}: ${category} has ${medians[at]}, and the goal is ${GOAL}.`);
      process.exitCode = 1;
    });
  }
}

/** Each run is a first visit: nothing is answered by the browser's cache or the service worker. */
async function forgetFiles(page, origin) {
  const devtools = await page.createCDPSession();
  await devtools.send('Network.clearBrowserCache');
  await devtools.send('Storage.clearDataForOrigin', {
    origin,
    storageTypes: 'service_workers,cache_storage',
  });
  await devtools.detach();
}

function median(numbers) {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)];
}

/** A user with a few messages. */
async function signUp(page) {
  await page.goto(`${url}/sign-in`);
  await page.evaluate(async () => {
    const post = (path, body, headers = {}) =>
      fetch(path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }).then((answer) => answer.json());
    const password = 'correct horse battery';
    const user = {
      email: `${crypto.randomUUID()}@example.com`,
      password,
      password_confirmation: password,
    };
    const { _id, email, access_token, refresh_token } = await post('/users', { user });
    for (const number of ['+14155552671', '+442079460958', '+4930901820']) {
      const message = { recipient_number: number, content: 'Your table for four is confirmed.' };
      await post('/api/messages', { message }, { Authorization: `Bearer ${access_token}` });
    }
    const session = { refreshToken: refresh_token, user: { id: _id, email } };
    localStorage.setItem('mysms.session', JSON.stringify(session));
  });
  await page.close();
}
