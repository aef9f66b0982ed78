/** Whether the API, by its base URL, is on this computer: then it can be reached without any network. */
export function isOnThisComputer(base: string, page: string): boolean {
  const { hostname } = new URL(`${base}/`, page);
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
