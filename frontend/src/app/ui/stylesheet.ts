/** Adds a stylesheet that not every page needs, and waits for it: nothing shows before it is dressed. */
export function addStylesheet(path: string): Promise<void> {
  const href = new URL(path, import.meta.url).href;
  const known = document.head.querySelector<HTMLLinkElement>(`link[href="${href}"]`);
  if (known?.sheet) return Promise.resolve();
  const link = known ?? Object.assign(document.createElement('link'), { rel: 'stylesheet', href });
  return new Promise((resolve, reject) => {
    link.addEventListener('load', () => {
      resolve();
    });
    link.addEventListener('error', () => {
      // So that the next visit asks for it again.
      link.remove();
      reject(new Error(`${href} could not be loaded`));
    });
    if (!known) document.head.append(link);
  });
}
