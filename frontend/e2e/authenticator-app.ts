import { createHmac } from 'node:crypto';

const STEP_SECONDS = 30;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The six digits that an authenticator app shows (RFC 6238). Each works once; those of the next step work already. */
export function codeOf(secret: string, at = Date.now()): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 1000 / STEP_SECONDS)));
  const hash = createHmac('sha1', decodeBase32(secret)).update(counter).digest();
  const start = (hash.at(-1) ?? 0) & 0xf;
  const number = (hash.readUInt32BE(start) & 0x7fffffff) % 1_000_000;
  return String(number).padStart(6, '0');
}

export function nextCodeOf(secret: string, at = Date.now()): string {
  return codeOf(secret, at + STEP_SECONDS * 1000);
}

function decodeBase32(text: string): Buffer {
  const bits = Array.from(text).map((letter) =>
    ALPHABET.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const bytes = bits.join('').match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}
