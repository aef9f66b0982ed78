/** 128 random bits. `crypto.randomUUID` would need https, which a server at a LAN address does not have. */
export function newRandomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
