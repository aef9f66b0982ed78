import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import {
  IncomingMessage,
  Server as HttpServer,
  ServerResponse,
  createServer,
  request as ask,
} from 'node:http';
import { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';

const BUILT = join(import.meta.dirname, '../dist/frontend/browser');
export const PREPARE = join(import.meta.dirname, '../scripts/prepare-static-site.mjs');
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

interface Server {
  readonly port: number;
  close(): void;
}

export interface Site extends Server {
  /** Where its files are. */
  readonly folder: string;
  /** The paths that were requested, by pages and by the service worker. */
  readonly requested: readonly string[];
}

/**
 * The built SPA on a site of its own, prepared for a static host and served as such a host does, with the headers of
 * `_headers` and the proxies of `_redirects`. `variables` have the address of the API.
 */
export async function serveSpa(variables: Readonly<Record<string, string>>): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'mysms-site-'));
  cpSync(BUILT, folder, { recursive: true });
  execFileSync(process.execPath, [PREPARE, folder], { env: variables, stdio: 'pipe' });
  const headers = readHeaders(join(folder, '_headers'));
  const proxies = readProxies(join(folder, '_redirects'));
  const requested: string[] = [];
  const site = await serve((request, response) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://site');
    requested.push(pathname);
    const target = proxies.map((proxy) => proxy(pathname)).find((url) => url !== undefined);
    if (target !== undefined) {
      passOn(request, response, target + search);
      return;
    }
    const file = join(folder, normalize(pathname));
    const page = pathname === '/' || !existsSync(file);
    for (const [name, value] of [...(headers['/*'] ?? []), ...(headers[pathname] ?? [])]) {
      response.setHeader(name, value);
    }
    response.setHeader('Content-Type', page ? 'text/html' : (TYPES[extname(file)] ?? 'text/plain'));
    response.end(readFileSync(page ? join(folder, 'index.html') : file));
  });
  return {
    port: site.port,
    folder,
    requested,
    close: () => {
      site.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function readHeaders(file: string): Partial<Record<string, [string, string][]>> {
  const rules: Record<string, [string, string][]> = {};
  let rule: [string, string][] = [];
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    if (line.startsWith('/')) {
      rules[line] = rule = [];
    } else {
      const [, name = '', value = ''] = /^ +([\w-]+): (.*)$/.exec(line) ?? [];
      rule.push([name, value]);
    }
  }
  return rules;
}

/** For each rule: the target of a path, if the rule matches it. */
function readProxies(file: string): ((path: string) => string | undefined)[] {
  const rules = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return rules.map((rule) => {
    const [from = '', to = ''] = rule.split(' ');
    const prefix = from.endsWith('/*') ? from.slice(0, -1) : undefined;
    return (path) => {
      if (prefix !== undefined && path.startsWith(prefix)) {
        return to.replace(':splat', path.slice(prefix.length));
      }
      return path === from ? to : undefined;
    };
  });
}

function passOn(request: IncomingMessage, response: ServerResponse, url: string): void {
  const { method, headers } = request;
  const asked = ask(url, { ...(method && { method }), headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  asked.on('error', () => response.destroy());
  request.pipe(asked);
}

/** Sets a third-party cookie at /set, and returns the cookies of the request at /seen. */
export function serveCookies(): Promise<Server> {
  return serve((request, response) => {
    if (request.headers.origin) {
      response.setHeader('Access-Control-Allow-Origin', request.headers.origin);
      response.setHeader('Access-Control-Allow-Credentials', 'true');
    }
    if (request.url === '/set') {
      response.setHeader('Set-Cookie', 'everywhere=1; Path=/; SameSite=None; Secure');
    }
    response.setHeader('Content-Type', 'text/plain');
    response.end(request.url === '/seen' ? (request.headers.cookie ?? '') : '');
  });
}

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const server: HttpServer = createServer((request, response) => {
    try {
      answer(request, response);
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
