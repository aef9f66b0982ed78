/** Whether the API is on this computer: then it can be reached without a network. */
export function isLoopback(base: string, page: string): boolean {
  const { hostname } = new URL(`${base}/`, page);
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
