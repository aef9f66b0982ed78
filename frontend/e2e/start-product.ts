import { ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveCookies, serveSpa } from './sites';

const READY_WITHIN_MS = 90_000;

/**
 * Runs the whole product on free ports with data of its own, until the tests are over. The SPA is
 * served twice: by the API, and on another site.
 */
export default async function startProduct(): Promise<() => Promise<void>> {
  const data = await mkdtemp(join(tmpdir(), 'mysms-e2e-'));
  const [port, mongodb, twilio] = await freePorts(3);
  const spa = await serveSpa(`http://api.localhost:${String(port)}`);
  const cookies = await serveCookies();
  const otherSite = `http://app.localhost:${String(spa.port)}`;
  const product = spawn('.venv/bin/mysms', ['demo'], {
    cwd: join(import.meta.dirname, '../../backend'),
    env: {
      ...process.env,
      PORT: String(port),
      MONGODB_PORT: String(mongodb),
      TWILIO_SIMULATOR_PORT: String(twilio),
      DATA_DIR: data,
      CORS_ORIGINS: otherSite,
      // All tests come from one address.
      ATTEMPTS_PER_MINUTE: '1000',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const stop = async (): Promise<void> => {
    spa.close();
    cookies.close();
    await end(product);
    await rm(data, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${String(port)}`;
  try {
    await ready(url, product);
  } catch (error) {
    await stop();
    throw error;
  }
  process.env['E2E_BASE_URL'] = url;
  process.env['E2E_OTHER_SITE_URL'] = otherSite;
  process.env['E2E_COOKIES_PORT'] = String(cookies.port);
  process.env['E2E_SIMULATOR_URL'] = `http://127.0.0.1:${String(twilio)}`;
  return stop;
}

async function ready(url: string, product: ChildProcess): Promise<void> {
  const failed = new Promise<never>((_, reject) => product.once('error', reject));
  const answered = (): Promise<boolean> =>
    fetch(`${url}/up`).then(
      ({ ok }) => ok,
      () => false,
    );
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await Promise.race([answered(), failed]))) {
    if (product.exitCode !== null) throw new Error('The product ended before it was ready');
    if (Date.now() > deadline) throw new Error(`${url}/up does not answer`);
    await sleep(200);
  }
}

async function end(product: ChildProcess): Promise<void> {
  if (product.pid === undefined || product.exitCode !== null) return;
  const over = new Promise((resolve) => product.once('exit', resolve));
  product.kill('SIGTERM');
  const killing = setTimeout(() => product.kill('SIGKILL'), 10_000);
  await over;
  clearTimeout(killing);
}

/** All held at once, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((done) => server.once('listening', done))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
