import { nextTask } from './next-task';

type Stylesheet =
  | 'layout'
  | 'help'
  | 'notices'
  | 'contact'
  | 'details'
  | 'emoji'
  | 'media'
  | 'menu'
  | 'pasted-table'
  | 'pictures'
  | 'contacts'
  | 'account'
  | 'messenger'
  | 'message-log'
  | 'not-found';

/** Loads the stylesheet of a lazy part beside its script, so that the part is never shown without it. */
export async function withStylesheet<T>(part: Promise<T>, name: Stylesheet): Promise<T> {
  const [loaded] = await Promise.all([part, addStylesheet(hrefOf(name))]);
  await nextTask();
  return loaded;
}

/** index.html has the address, because it is not cached, and the name of the file changes with its content. */
function hrefOf(name: Stylesheet): string {
  const meta = document.head.querySelector<HTMLMetaElement>(`meta[name="stylesheet-${name}"]`);
  return meta?.content ?? '';
}

function addStylesheet(href: string): Promise<void> {
  const known = document.head.querySelector<HTMLLinkElement>(
    `link[rel="stylesheet"][href="${href}"]`,
  );
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
