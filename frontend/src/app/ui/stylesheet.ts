/** Loads the stylesheet of a lazy part beside its script, so that the part is never shown without it. */
export async function withStylesheet<T>(part: Promise<T>, path: string): Promise<T> {
  const [loaded] = await Promise.all([part, addStylesheet(path)]);
  return loaded;
}

function addStylesheet(path: string): Promise<void> {
  const href = new URL(path, import.meta.url).href;
  const known = document.head.querySelector<HTMLLinkElement>(`link[href="${href}"]`);
  if (known?.sheet) return Promise.resolve();
  const link = known ?? Object.assign(document.createElement('link'), { rel: 'stylesheet', href });
  return new Promise((resolve, reject) => {
    link.addEventListener('load', () => {
      resolve();
    });
    link.addEventListener('error', () => {
      // Removed, so that the next attempt loads it again.
      link.remove();
      reject(new Error(`${href} could not be loaded`));
    });
    if (!known) document.head.append(link);
  });
}
