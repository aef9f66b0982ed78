// Runs before Angular's service worker (ngsw-worker.js), which the build appends, and decides what that one sees.

const SHARED_TEXT_CACHE = 'mysms.shared-text';

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method === 'POST' && new URL(request.url).pathname === '/share') {
    event.stopImmediatePropagation();
    event.respondWith(takeSharedText(request));
    return;
  }
  // What the page fetches by itself are requests to the API, but for these. Answered by the worker, a request without a
  // network would look like one that a server has answered, and an event stream would keep the worker running.
  const { pathname } = new URL(request.url);
  const isFile = pathname === '/index.html' || pathname.startsWith('/emoji/');
  if (request.destination === '' && !isFile) event.stopImmediatePropagation();
});

/** The share target of the manifest. The text reaches no server, no address and no history: the page takes it from here. */
async function takeSharedText(request) {
  const form = await request.formData();
  const parts = ['title', 'text', 'url'].map((name) => String(form.get(name) ?? '').trim());
  const text = [...new Set(parts)].filter(Boolean).join('\n');
  const cache = await caches.open(SHARED_TEXT_CACHE);
  await cache.put(`/share?at=${Date.now()}`, new Response(text));
  return Response.redirect('/messages/new', 303);
}
