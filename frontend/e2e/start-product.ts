import { ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { AddressInfo, Server, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveCookies, serveSpa } from './sites';

const READY_WITHIN_MS = 90_000;

export interface Product {
  readonly url: string;
  readonly simulatorUrl: string;
  /** The mail catcher: GET /mails.json?to=ADDRESS lists what was sent, the newest first. */
  readonly mailUrl: string;
  readonly mongodbUri: string;
  stop(): Promise<void>;
}

/**
 * Runs the whole product on free ports with data of its own, until the tests are over. The SPA is
 * served three times: by the API, on another site, and on a site that proxies the API.
 */
export default async function startProduct(): Promise<() => Promise<void>> {
  const [port] = await freePorts(1);
  const spa = await serveSpa({ API_BASE_URL: `http://api.localhost:${String(port)}` });
  const proxy = await serveSpa({ API_PROXY_URL: `http://127.0.0.1:${String(port)}` });
  const cookies = await serveCookies();
  const otherSite = `http://app.localhost:${String(spa.port)}`;
  const closeSites = (): void => {
    spa.close();
    proxy.close();
    cookies.close();
  };
  const product = await runProduct({ PORT: String(port), CORS_ORIGINS: otherSite }).catch(
    (error: unknown) => {
      closeSites();
      throw error;
    },
  );
  process.env['E2E_BASE_URL'] = product.url;
  process.env['E2E_OTHER_SITE_URL'] = otherSite;
  process.env['E2E_ONE_ORIGIN_URL'] = `http://app.localhost:${String(proxy.port)}`;
  process.env['E2E_COOKIES_PORT'] = String(cookies.port);
  process.env['E2E_SIMULATOR_URL'] = product.simulatorUrl;
  process.env['E2E_MAIL_URL'] = product.mailUrl;
  process.env['E2E_MONGODB_URI'] = product.mongodbUri;
  return async () => {
    closeSites();
    await product.stop();
  };
}

/** The API with its SPA, the database and the simulator, for a test that would disturb others. */
export async function runProduct(settings: Readonly<Record<string, string>>): Promise<Product> {
  const data = await mkdtemp(join(tmpdir(), 'mysms-e2e-'));
  const [port, mongodb, twilio, mail, smtp] = await freePorts(5);
  const environment = {
    PORT: String(port),
    MONGODB_PORT: String(mongodb),
    TWILIO_SIMULATOR_PORT: String(twilio),
    MAIL_PORT: String(mail),
    SMTP_PORT: String(smtp),
    DATA_DIR: data,
    // All tests share one IP address.
    AUTH_ATTEMPTS_PER_MINUTE: '1000',
    MESSAGES_PER_USER_PER_MINUTE: '1000',
    ...settings,
  };
  const product = spawn('.venv/bin/mysms', ['demo'], {
    cwd: join(import.meta.dirname, '../../backend'),
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const stop = async (): Promise<void> => {
    await end(product);
    await rm(data, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${environment.PORT}`;
  try {
    await ready(url, product);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    simulatorUrl: `http://127.0.0.1:${environment.TWILIO_SIMULATOR_PORT}`,
    mailUrl: `http://127.0.0.1:${environment.MAIL_PORT}`,
    mongodbUri: `mongodb://127.0.0.1:${environment.MONGODB_PORT}/mysms`,
    stop,
  };
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

/**
 * Opened at once, so that they differ, and outside Linux's range of ephemeral ports, so that no outgoing connection
 * takes one before our processes do.
 */
export async function freePorts(count: number): Promise<number[]> {
  const held: Server[] = [];
  while (held.length < count) {
    const server = await hold(randomInt(20_000, 32_768));
    if (server) held.push(server);
  }
  const ports = held.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(held.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

function hold(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(undefined);
    });
    server.listen(port, '127.0.0.1', () => {
      resolve(server);
    });
  });
}
