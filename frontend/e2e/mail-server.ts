import { AddressInfo, Socket, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const ARRIVES_WITHIN_MS = 20_000;

export interface MailServer {
  readonly url: string;
  /** The newest mail to this address that contains the text, as soon as there are so many. */
  readonly newest: (email: string, text: string, count?: number) => Promise<string>;
  readonly stop: () => void;
}

/** Accepts every mail (RFC 5321) and keeps it. */
export async function startMailServer(): Promise<MailServer> {
  const mails: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    receive(socket, mails);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `smtp://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    newest: async (email, text, count = 1) => {
      const deadline = Date.now() + ARRIVES_WITHIN_MS;
      for (;;) {
        const found = mails.filter((mail) => mail.includes(email) && mail.includes(text));
        const newest = found.at(-1);
        if (newest !== undefined && found.length >= count) return newest;
        if (Date.now() > deadline)
          throw new Error(`${found.length} mails with ${text} to ${email}`);
        await sleep(100);
      }
    },
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function receive(socket: Socket, mails: string[]): void {
  let input = '';
  let isData = false;
  const say = (line: string): void => {
    socket.write(`${line}\r\n`);
  };
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    input += chunk;
    for (;;) {
      const end = isData ? '\r\n.\r\n' : '\r\n';
      const length = input.indexOf(end);
      if (length < 0) return;
      const line = input.slice(0, length);
      input = input.slice(length + end.length);
      if (isData) {
        mails.push(decodeQuotedPrintable(line));
        isData = false;
        say('250 Accepted');
      } else if (/^DATA/i.test(line)) {
        isData = true;
        say('354 Go on');
      } else if (/^QUIT/i.test(line)) {
        say('221 Bye');
        socket.end();
      } else {
        say('250 Ok');
      }
    }
  });
  say('220 mail.example');
}

/** Enough for a link that is broken into lines. */
function decodeQuotedPrintable(mail: string): string {
  if (!/^Content-Transfer-Encoding: quoted-printable/im.test(mail)) return mail;
  return mail.replace(/=\r\n/g, '').replace(/=3D/g, '=');
}
