import { BrowserContext, Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  beginPasswordChange,
  bubble,
  composer,
  enter,
  expect,
  fillSignIn,
  newNumber,
  newPerson,
  openNew,
  openThread,
  signOut,
  storedBubble,
  test as base,
  waitForWorker,
} from './fixtures';
import { PREPARE, Site, serveSpa } from './sites';

const FRONTEND = join(import.meta.dirname, '..');
const NOTICE = 'A new version of MySMS Messenger is ready.';
/** The script with the dictionaries of passwords, which is the largest by far. */
const ESTIMATE = '/estimate-strength-';

/** Each test has a site of its own, whose files it may change, in front of the common API. */
const test = base.extend<{ site: Site }>({
  site: async ({}, use) => {
    const site = await serveSpa(variables());
    await use(site);
    site.close();
  },
  baseURL: async ({ site }, use) => {
    await use(`http://127.0.0.1:${String(site.port)}`);
  },
  serviceWorkers: 'allow',
});

function variables(): Record<string, string> {
  return { API_PROXY_URL: process.env['E2E_BASE_URL'] ?? '' };
}

/** Another version of all scripts and stylesheets, in place of the old one. */
function deploy({ folder }: Site): void {
  const files = readdirSync(folder).filter((name) => /\.(js|css|html)$/.test(name));
  const named = files.filter((name) => /-[\w-]{8}\.(js|css)$/.test(name));
  for (const name of files) {
    const file = join(folder, name);
    let text = readFileSync(file, 'utf8');
    for (const old of named) text = text.replaceAll(old, newName(old));
    writeFileSync(file, text);
    if (named.includes(name)) renameSync(file, join(folder, newName(name)));
  }
  execFileSync(process.execPath, [PREPARE, folder], { env: variables(), stdio: 'pipe' });
}

function newName(name: string): string {
  return name.replace(/.{8}(?=\.\w+$)/, (hash) => Array.from(hash).reverse().join(''));
}

/** Until the worker controls the page and has stored the whole shell. */
async function installed(page: Page): Promise<void> {
  await waitForWorker(page);
  const shell = JSON.parse(await page.evaluate(async () => (await fetch('/ngsw.json')).text())) as {
    assetGroups: readonly { installMode: string; urls: readonly string[] }[];
  };
  const urls = shell.assetGroups.flatMap(({ installMode, urls }) =>
    installMode === 'prefetch' ? urls : [],
  );
  await expect.poll(async () => (await cachedPaths(page)).sort()).toEqual([...urls].sort());
}

/** The paths of all that the worker has stored, except its own notes. */
function cachedPaths(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const names = (await caches.keys()).filter((name) => name.endsWith(':cache'));
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => new URL(url).pathname);
  });
}

function checkForUpdate(page: Page): Promise<void> {
  return page.evaluate(() => {
    navigator.serviceWorker.controller?.postMessage({ action: 'CHECK_FOR_UPDATES', nonce: 1 });
  });
}

async function scripts(page: Page): Promise<string[]> {
  return page.evaluate(() => [...document.scripts].map(({ src }) => new URL(src).pathname));
}

/** A new tab after all others have gone, without a network. */
async function startOffline(context: BrowserContext, path: string): Promise<Page> {
  await Promise.all(context.pages().map((page) => page.close()));
  await context.setOffline(true);
  const page = await context.newPage();
  await page.goto(path);
  return page;
}

test('the manifest is valid, its icons exist, and the browser can install the app', async ({
  baseURL,
  page,
  request,
}) => {
  for (const origin of [baseURL ?? '', process.env['E2E_BASE_URL'] ?? '']) {
    const answer = await request.get(`${origin}/manifest.webmanifest`);
    expect(answer.headers()['content-type']).toBe('application/manifest+json');
    const manifest = (await answer.json()) as {
      icons: readonly { src: string; sizes: string; type: string; purpose?: string }[];
    };
    expect(manifest.icons.map(({ purpose }) => purpose)).toContain('maskable');
    for (const { src, sizes, type } of manifest.icons) {
      const icon = await request.get(origin + src);
      expect(icon.headers()['content-type']).toContain(type);
      if (type !== 'image/png') continue;
      const png = await icon.body();
      expect(`${String(png.readUInt32BE(16))}x${String(png.readUInt32BE(20))}`).toBe(sizes);
    }
  }
  await page.goto('/sign-in');
  const devtools = await page.context().newCDPSession(page);
  const { errors, manifest } = await devtools.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  expect(manifest).toMatchObject({ display: 'kStandalone' });
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
});

for (const [where, url] of [
  ['on one origin with the API', undefined],
  ['on another site than the API', (): string => process.env['E2E_OTHER_SITE_URL'] ?? ''],
] as const) {
  test(`${where}, a start without a network shows the conversations and says that it is offline`, async ({
    context,
    page,
    request,
    baseURL,
    tolerate,
  }) => {
    tolerate(/ERR_INTERNET_DISCONNECTED/);
    const origin = url?.() ?? baseURL ?? '';
    const person = await newPerson(request);
    const number = newNumber();
    await person.write(number, 'From before');
    await page.goto(`${origin}/sign-in`);
    await fillSignIn(page, person.email);
    await expect(page.getByRole('heading', { name: /^Message History/ })).toBeVisible();
    await page.goto(`${origin}/messages/${encodeURIComponent(number)}`);
    await expect(storedBubble(page, 'From before')).toContainText(/Queued|Sent|Delivered/);
    await installed(page);

    const tab = await startOffline(context, `${origin}/messages/${encodeURIComponent(number)}`);
    await expect(bubble(tab, 'From before')).toBeVisible();
    await expect(tab.getByText("You're offline.")).toBeVisible();
    await tab.getByRole('link', { name: 'Settings' }).click();
    await expect(tab.getByRole('navigation', { name: 'Settings' })).toBeVisible();
    expect((await cachedPaths(tab)).filter((path) => /^\/(api|users)/.test(path))).toEqual([]);

    await context.setOffline(false);
    await expect(tab.getByRole('status').first()).toHaveText('Up to date');
  });
}

test('the emoji are stored when somebody looks at them, and not before', async ({
  context,
  page,
  request,
  tolerate,
}) => {
  tolerate(/ERR_INTERNET_DISCONNECTED/);
  const number = newNumber();
  await enter(page, await newPerson(request));
  await openThread(page, number);
  await installed(page);
  const emoji = (tab: Page) => tab.getByRole('button', { name: 'Emoji', exact: true });
  expect(await cachedPaths(page)).not.toContain('/emoji/en.json');
  await emoji(page).click();
  await expect(page.getByRole('option', { name: 'grinning face', exact: true })).toBeVisible();
  await expect.poll(() => cachedPaths(page)).toContain('/emoji/en.json');

  const tab = await startOffline(context, `/messages/${encodeURIComponent(number)}`);
  await emoji(tab).click();
  await tab.getByRole('option', { name: 'grinning face', exact: true }).click();
  await expect(composer(tab)).toHaveValue('😀');
});

test('what estimates passwords is loaded with the first of them, and is there without a network then', async ({
  context,
  page,
  request,
  site,
  tolerate,
}) => {
  tolerate(/ERR_INTERNET_DISCONNECTED|ERR_FAILED .*estimate-strength/);
  const estimates = (): number => site.requested.filter((path) => path.startsWith(ESTIMATE)).length;
  const person = await newPerson(request);
  await enter(page, person);
  await installed(page);
  expect(readdirSync(site.folder).filter((name) => `/${name}`.startsWith(ESTIMATE))).toHaveLength(
    1,
  );
  expect(estimates()).toBe(0);

  let tab = await startOffline(context, '/settings/security');
  const failing = tab.waitForEvent('requestfailed', {
    predicate: (asked) => new URL(asked.url()).pathname.startsWith(ESTIMATE),
  });
  await typeNewPassword(tab);
  await failing;
  await expect(tab.getByText(/^Very weak/)).toHaveCount(0);

  await context.setOffline(false);
  await tab.goto('/settings/security');
  await typeNewPassword(tab);
  await expect(tab.getByText(/^Very weak/)).toBeVisible();
  expect(estimates()).toBe(1);
  tab = await startOffline(context, '/settings/security');
  await typeNewPassword(tab);
  await expect(tab.getByText(/^Very weak/)).toBeVisible();
});

async function typeNewPassword(page: Page): Promise<void> {
  await beginPasswordChange(page);
  await page.getByLabel('New password', { exact: true }).fill('password');
}

test('after a deployment an open tab keeps working, says so, and a reload brings the new version', async ({
  page,
  request,
  site,
}) => {
  const person = await newPerson(request);
  await enter(page, person);
  await openNew(page);
  await composer(page).fill('Half a thought');
  await installed(page);
  const before = await scripts(page);
  let loads = 0;
  page.on('load', () => (loads += 1));
  deploy(site);
  await checkForUpdate(page);
  const notice = page.getByText(NOTICE);
  await expect(notice).toBeVisible();

  // Its script is nowhere but in this browser.
  await page.getByRole('button', { name: 'Help' }).click();
  await expect(page.getByRole('dialog', { name: 'Help' })).toBeVisible();
  await page.keyboard.press('Escape');
  expect(await scripts(page)).toEqual(before);
  expect(loads).toBe(0);

  await page.getByRole('button', { name: 'Reload' }).click();
  await expect.poll(() => loads).toBe(1);
  await expect(composer(page)).toHaveValue('Half a thought');
  expect(await scripts(page)).toEqual(before.map(newName));
  await expect(notice).toHaveCount(0);
  await page.getByRole('button', { name: 'Help' }).click();
  await expect(page.getByRole('dialog', { name: 'Help' })).toBeVisible();
});

test('the notice about a new version can wait, also for the next page load', async ({
  page,
  request,
  site,
}) => {
  await enter(page, await newPerson(request));
  await installed(page);
  const before = await scripts(page);
  deploy(site);
  await checkForUpdate(page);
  await page.getByRole('button', { name: 'Later' }).click();
  await expect(page.getByText(NOTICE)).toHaveCount(0);
  await page.goto('/settings');
  expect(await scripts(page)).toEqual(before.map(newName));
});

test('going back to a version that a tab still holds is a new version too', async ({
  context,
  page,
  request,
  site,
}) => {
  await enter(page, await newPerson(request));
  await installed(page);
  const before = await scripts(page);
  deploy(site);
  await checkForUpdate(page);
  await expect(page.getByText(NOTICE)).toBeVisible();
  const tab = await context.newPage();
  await tab.goto('/messages');
  expect(await scripts(tab)).toEqual(before.map(newName));
  await expect(tab.getByRole('button', { name: 'Help' })).toBeVisible();

  // The names of the first version again.
  deploy(site);
  await checkForUpdate(tab);
  await expect(tab.getByText(NOTICE)).toBeVisible();
  await tab.getByRole('button', { name: 'Reload' }).click();
  await expect.poll(() => scripts(tab)).toEqual(before);
});

test('after signing out, a start without a network shows nothing of the user', async ({
  context,
  page,
  request,
  tolerate,
}) => {
  tolerate(/ERR_INTERNET_DISCONNECTED/);
  const person = await newPerson(request);
  const number = newNumber();
  await person.write(number, 'For nobody else');
  await enter(page, person);
  await openThread(page, number);
  await expect(bubble(page, 'For nobody else')).toBeVisible();
  await installed(page);
  await signOut(page);

  const tab = await startOffline(context, `/messages/${encodeURIComponent(number)}`);
  await expect(tab.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await expect(tab.getByText('For nobody else')).toHaveCount(0);
  await expect(tab.getByText(person.email)).toHaveCount(0);
});

test('a version without a service worker, deployed with the safety worker, ends the worker', async ({
  page,
  request,
  site,
}) => {
  await enter(page, await newPerson(request));
  await installed(page);
  rmSync(join(site.folder, 'ngsw.json'));
  copyFileSync(
    join(FRONTEND, 'node_modules/@angular/service-worker/safety-worker.js'),
    join(site.folder, 'service-worker.js'),
  );
  await page.goto('/sign-up');
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
  await expect.poll(() => page.evaluate(() => caches.keys())).toEqual([]);
  await page.goto('about:blank');
  await page.goto('/messages');
  expect(await page.evaluate(() => navigator.serviceWorker.controller)).toBeNull();
});

test('a text that another app shares is the draft of a new message, and reaches no server', async ({
  page,
  request,
}) => {
  await enter(page, await newPerson(request));
  await installed(page);
  const requests: string[] = [];
  page.on('request', (sent) => requests.push(sent.url() + (sent.postData() ?? '')));
  await share(page, { title: 'A title', text: 'Look at this', url: 'https://example.com/?a=b' });
  const text = 'A title\nLook at this\nhttps://example.com/?a=b';
  await expect(composer(page)).toHaveValue(text);
  await expect(page).toHaveURL('/messages/new');
  expect(requests.filter((sent) => /Look|this/.test(sent.replace(/^[^]*\/share[^]*/, '')))).toEqual(
    [],
  );
  await page.reload();
  await expect(composer(page)).toHaveValue(text);

  await share(page, { text: 'And this' });
  await expect(composer(page)).toHaveValue(`${text}\nAnd this`);
});

test('a text that is shared by somebody who is signed out waits for the sign-in', async ({
  page,
  request,
}) => {
  const person = await newPerson(request);
  await enter(page, person);
  await installed(page);
  await signOut(page);
  await share(page, { text: 'Look at this' });
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  expect(decodeURIComponent(page.url())).not.toContain('Look');
  await waiting(page, 1);
  await share(page, { text: 'And this' });
  await waiting(page, 2);
  await enter(page, person);
  await page.goto('/messages/new');
  await expect(composer(page)).toHaveValue('Look at this\nAnd this');
});

/** Until so many shared texts wait for somebody to sign in. The page may be just loading. */
async function waiting(page: Page, count: number): Promise<void> {
  await expect(async () => {
    const keys = page.evaluate(
      async () => (await (await caches.open('mysms.shared-text')).keys()).length,
    );
    expect(await keys).toBe(count);
  }).toPass();
}

/** As the browser does when the user chooses this app. */
async function share(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  const loaded = page.waitForEvent('load');
  await page.evaluate((values) => {
    const form = Object.assign(document.createElement('form'), {
      method: 'POST',
      action: '/share',
      enctype: 'multipart/form-data',
    });
    for (const [name, value] of Object.entries(values)) {
      const field = Object.assign(document.createElement('textarea'), { name, value });
      form.append(field);
    }
    document.body.append(form);
    form.submit();
  }, fields);
  await loaded;
  await page.waitForURL(/\/(messages\/new|sign-in)/);
}
