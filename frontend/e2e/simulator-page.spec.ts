import { expect, test } from '@playwright/test';
import { ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { axe } from './fixtures';
import { freePorts } from './start-product';

const BACKEND = join(import.meta.dirname, '../../backend');
const ACCOUNT = 'AC0123456789abcdef0123456789abcdef';
const NUMBER = '+14155552671';
const OTHER = '+14155550100';
/** As the page shows it. */
const readable = (number: string): string => number.replace(/^(\+1)(\d{3})(\d{3})/, '$1 $2 $3 ');
/** A GIF of one dot. */
const DOT = 'R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==';
const TEXTS = [
  'Hello',
  'x'.repeat(300),
  'שלום עולם, מה שלומך היום?',
  'مرحبا كيف حالك',
  '👩‍👩‍👧‍👦🎉'.repeat(12),
  '<img src=x onerror=alert(1)></main><script>alert(1)</script>',
  '\u202eevil\n\n\nlines',
];

/** A simulator of its own, since its faults would disturb other tests. */
class Simulator {
  private process?: ChildProcess;

  private constructor(
    private readonly port: number,
    private readonly data: string,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  static async start(): Promise<Simulator> {
    const [port = 0] = await freePorts(1);
    const simulator = new Simulator(port, await mkdtemp(join(tmpdir(), 'mysms-simulator-')));
    await simulator.resume();
    return simulator;
  }

  async resume(): Promise<void> {
    const file = join(this.data, 'ledger.sqlite3');
    const options = ['--port', String(this.port), '--data', file, '--pace', '0'];
    this.process = spawn('.venv/bin/python', ['-m', 'devservers.twilio', ...options], {
      cwd: BACKEND,
      stdio: 'inherit',
    });
    while (
      !(await fetch(this.url).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      if (this.process.exitCode !== null) throw new Error('The simulator does not start');
      await sleep(100);
    }
  }

  async suspend(): Promise<void> {
    const child = this.process;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const over = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await over;
  }

  async stop(): Promise<void> {
    await this.suspend();
    await rm(this.data, { recursive: true, force: true });
  }

  async send(to: string, text: string): Promise<void> {
    const answer = await fetch(`${this.url}/2010-04-01/Accounts/${ACCOUNT}/Messages.json`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa(`${ACCOUNT}:simulated-auth-token`)}` },
      body: new URLSearchParams({ To: to, From: '+15005550006', Body: text }),
    });
    expect([201, 400]).toContain(answer.status);
  }

  async faults(): Promise<string[]> {
    const answer = await fetch(`${this.url}/_control/faults`);
    const { faults } = (await answer.json()) as { faults: { kind: string }[] };
    return faults.map(({ kind }) => kind);
  }
}

let simulator: Simulator;

test.beforeEach(async ({ page }) => {
  simulator = await Simulator.start();
  page.on('pageerror', (error) => {
    throw error;
  });
});

test.afterEach(async () => {
  await simulator.stop();
});

test('the newest message is at the bottom, and what is being read stays', async ({ page }) => {
  for (let number = 0; number < 60; number++)
    await simulator.send(NUMBER, `Text ${String(number)}`);
  await page.goto(simulator.url);
  const thread = page.getByRole('log');
  await expect(thread.getByText('Text 59', { exact: true })).toBeInViewport();

  await simulator.send(NUMBER, 'The newest');
  await expect(thread.getByText('The newest')).toBeInViewport();

  // The phone of the newest message is shown, unless one was chosen.
  await simulator.send(OTHER, 'To another phone');
  await expect(page.getByRole('heading', { name: readable(OTHER) })).toBeVisible();

  await page
    .getByRole('link', { name: readable(NUMBER) })
    .first()
    .click();
  await expect(page.getByRole('heading', { name: readable(NUMBER) })).toBeVisible();
  const read = thread.getByText('Text 20', { exact: true });
  await read.scrollIntoViewIfNeeded();
  await read.selectText();
  const top = async (): Promise<number> => (await read.boundingBox())?.y ?? Number.NaN;
  const before = await top();
  await simulator.send(OTHER, 'Not of this phone');
  await simulator.send(NUMBER, 'The last one');
  await expect(thread.getByText('The last one')).toBeAttached();
  expect(Math.abs((await top()) - before)).toBeLessThan(3);
  expect(await page.evaluate(() => getSelection()?.toString())).toBe('Text 20');
});

test('the phone stays while somebody writes on it', async ({ page }) => {
  await simulator.send(NUMBER, 'Hello');
  await page.goto(simulator.url);
  const text = page.getByRole('textbox');
  await text.fill('Hello to you');
  await simulator.send(OTHER, 'To another phone');
  await expect(page.getByRole('link', { name: readable(OTHER) }).first()).toBeVisible();
  await expect(page.getByRole('heading', { name: readable(NUMBER) })).toBeVisible();
  await text.press('Enter');
  await expect(page.getByRole('log').getByText('Hello to you')).toBeVisible();
});

test('a phone sends STOP, START and a file', async ({ page }) => {
  await simulator.send(NUMBER, 'Hello');
  await page.goto(simulator.url);
  const thread = page.getByRole('log');
  for (const word of ['STOP', 'START']) {
    await page.getByRole('button', { name: `Send ${word}` }).click();
    await expect(thread.getByText(word, { exact: true })).toBeVisible();
  }

  const file = { name: 'menu.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4') };
  await page.getByLabel('Send a file').setInputFiles(file);
  await expect(thread.getByText('application/pdf attached')).toBeVisible();
  const picture = { name: 'dot.gif', mimeType: 'image/gif', buffer: Buffer.from(DOT, 'base64') };
  await page.getByLabel('Send a file').setInputFiles(picture);
  const shown = thread.getByRole('img', { name: 'Picture from this phone' });
  await expect(shown).toBeVisible();
  const address = new URL((await shown.getAttribute('src')) ?? '', simulator.url);
  const stored = await fetch(address);
  expect(stored.headers.get('content-type')).toBe('image/gif');
  expect(Buffer.from(await stored.arrayBuffer())).toEqual(picture.buffer);
});

test('the temper is switched by keyboard, and the focus stays', async ({ page }) => {
  await page.goto(simulator.url);
  await page.getByText('Choose a behavior').click();
  const busy = page.getByRole('button', { name: 'Too many requests' });
  await busy.press('Enter');
  await expect(busy).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByRole('button', { name: 'Normal' })).toHaveAttribute(
    'aria-pressed',
    'false',
  );
  expect(await simulator.faults()).toEqual(['rate_limited']);
  await expect(busy).toBeFocused();

  const late = page.getByRole('button', { name: 'Late status reports' });
  await late.click();
  await expect(late).toHaveAttribute('aria-pressed', 'true');
  expect(await simulator.faults()).toEqual(['delay_callbacks']);
  await late.click();
  await expect(page.getByRole('button', { name: 'Normal' })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  expect(await simulator.faults()).toEqual([]);

  const slow = page.getByRole('button', { name: 'Ten times' });
  await slow.click();
  await expect(slow).toHaveAttribute('aria-pressed', 'true');
  // Not closed by the refresh.
  await expect(busy).toBeVisible();
});

test('a number is copied', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(simulator.url);
  await page.getByRole('button', { name: 'Copy +15005551001' }).click();
  await expect(page.getByText('Copied +15005551001')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('+15005551001');
});

test('a lost connection is shown until it is back', async ({ page }) => {
  await page.goto(simulator.url);
  await simulator.suspend();
  const state = page.getByRole('status').filter({ hasText: 'simulator' });
  await expect(state).toHaveText("Can't reach the simulator. Retrying…");
  await simulator.resume();
  await expect(state).toHaveText('Connected to the Twilio simulator');
});

const VARIANTS = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  'forced colours': { colorScheme: 'dark', contextOptions: { forcedColors: 'active' } },
} as const;

for (const [name, options] of Object.entries(VARIANTS)) {
  test.describe(name, () => {
    test.use(options);

    test('the pages are accessible and fit every window', async ({ page }) => {
      const addresses = [simulator.url, process.env['E2E_MAIL_URL'] ?? ''].filter(Boolean);
      for (const isFull of [false, true]) {
        if (isFull) {
          for (const text of TEXTS) await simulator.send(NUMBER, text);
          await simulator.send('+15005553003', 'Hello?');
          await simulator.send('+15005550001', 'Refused');
          await simulator.send(NUMBER, 'The end');
        }
        for (const address of addresses) {
          await page.goto(address);
          await page.locator('details').evaluateAll((groups: HTMLDetailsElement[]) => {
            for (const group of groups) group.open = true;
          });
          for (const width of [320, 360, 768, 1024, 1280, 1920, 2560]) {
            await page.setViewportSize({ width, height: 800 });
            const tooWide = await page.evaluate(
              () => document.documentElement.scrollWidth - innerWidth,
            );
            expect.soft(tooWide, `${address} at ${String(width)}`).toBeLessThanOrEqual(0);
            if (width !== 360 && width !== 1280) continue;
            const { violations } = await axe(page).analyze();
            expect
              .soft(
                violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)),
              )
              .toEqual([]);
          }
        }
      }
    });
  });
}
