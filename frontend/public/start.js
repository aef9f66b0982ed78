// Runs before anything is painted: sets the chosen theme, says which heading the page begins with, and begins to load what
// the page needs beside the main script, which would ask for it only once it runs. The build has written the names of those
// files into this script's element (scripts/join-chunks.mjs); without a build there are none.
let theme, session;
try {
  theme = localStorage.getItem('mysms.theme');
  session = localStorage.getItem('mysms.session');
} catch {
  // The storage is blocked or absent: then the theme is that of the system, and nobody is signed in.
}
const { dataset } = document.documentElement;
dataset.theme = theme ?? 'system';

if (session && /^\/(messages)?$/.test(location.pathname)) dataset.shell = 'messages';
else if (!session && /^\/(sign-in|(messages|log|settings)(\/.*)?)?$/.test(location.pathname))
  dataset.shell = 'sign-in';

const { signedIn = '', guest = '' } = document.currentScript.dataset;
for (const href of (session ? signedIn : guest).split(' ').filter(Boolean)) {
  const link = document.createElement('link');
  if (href.endsWith('.css')) Object.assign(link, { rel: 'preload', as: 'style' });
  else link.rel = 'modulepreload';
  link.href = href;
  document.head.append(link);
}

// The first use of this in a document takes a slow phone a tenth of a second, which is free as long as the scripts are on
// their way.
if (session) new Intl.DateTimeFormat('en', { timeStyle: 'short' }).format();
