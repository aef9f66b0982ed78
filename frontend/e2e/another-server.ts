import { ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePorts } from './start-product';

const BACKEND = join(import.meta.dirname, '../../backend');
const READY_WITHIN_MS = 60_000;

export interface AnotherServer {
  readonly url: string;
  /** An invite code, as the operator creates it. */
  readonly invite: () => Promise<string>;
  /** Signals the API's process: SIGSTOP suspends it, SIGCONT resumes it, SIGKILL ends it at once. */
  readonly signalApi: (signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL') => void;
  readonly stop: () => Promise<void>;
}

/** An API with the SPA, a database of its own and these settings; it cannot send anything. */
export async function startServer(
  settings: Readonly<Record<string, string>>,
): Promise<AnotherServer> {
  const data = await mkdtemp(join(tmpdir(), 'mysms-server-'));
  const [port, mongodb] = await freePorts(2);
  const environment = {
    PATH: process.env['PATH'] ?? '',
    PORT: String(port),
    MONGODB_URI: `mongodb://127.0.0.1:${String(mongodb)}/mysms`,
    FRONTEND_DIST: join(import.meta.dirname, '../dist/frontend/browser'),
    JWT_SECRET: 'a secret of the tests alone, long enough',
    TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: 'unused',
    TWILIO_FROM_NUMBER: '+15005550006',
    TWILIO_API_BASE_URL: 'http://127.0.0.1:9',
    ...settings,
  };
  const database = ['-m', 'devservers.mongodb', '--port', String(mongodb)];
  const api = start('.venv/bin/mysms', ['serve'], environment);
  const processes = [
    start('.venv/bin/python', [...database, '--data', join(data, 'mongodb.sqlite3')], environment),
    api,
  ];
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map(end));
    await rm(data, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${String(port)}`;
  const deadline = Date.now() + READY_WITHIN_MS;
  while (
    !(await fetch(`${url}/up`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (Date.now() > deadline) {
      await stop();
      throw new Error(`${url}/up does not answer`);
    }
    await sleep(200);
  }
  const invite = async (): Promise<string> => {
    const options = { cwd: BACKEND, env: environment };
    return (await promisify(execFile)('.venv/bin/mysms', ['invite'], options)).stdout.trim();
  };
  const signalApi = (signal: NodeJS.Signals): void => {
    api.kill(signal);
  };
  return { url, invite, signalApi, stop };
}

function start(command: string, options: string[], environment: NodeJS.ProcessEnv): ChildProcess {
  return spawn(command, options, { cwd: BACKEND, env: environment, stdio: 'ignore' });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  // One that is suspended ends when it goes on.
  child.kill('SIGCONT');
  await over;
}
