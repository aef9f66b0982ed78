import { readFileSync } from 'node:fs';
import { AddressInfo } from 'node:net';
import { IncomingMessage, Server, ServerResponse, createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const BUILT = join(import.meta.dirname, '../dist/frontend/browser');
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

export interface Site {
  readonly port: number;
  close(): void;
}

/** The built SPA on a site of its own, as a static host serves it. */
export function serveSpa(apiUrl: string): Promise<Site> {
  const page = readFileSync(join(BUILT, 'index.html'), 'utf8').replace(
    '<meta name="api-base-url" content=""',
    `<meta name="api-base-url" content="${apiUrl}"`,
  );
  const policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
    `connect-src ${apiUrl}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; ` +
    "require-trusted-types-for 'script'; trusted-types angular";
  return serve((request, response) => {
    const path = normalize(new URL(request.url ?? '/', apiUrl).pathname);
    const type = TYPES[extname(path)];
    response.setHeader('Content-Security-Policy', policy);
    response.setHeader('Content-Type', type ?? 'text/html');
    response.end(type ? readFileSync(join(BUILT, path)) : page);
  });
}

/** Sets a cookie that wants to be sent everywhere at /set, and says at /seen which came along. */
export function serveCookies(): Promise<Site> {
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
): Promise<Site> {
  const server: Server = createServer((request, response) => {
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
