// Runs before Angular's service worker (ngsw-worker.js), which the build appends, and decides what that one sees.

const SHARED_TEXT_CACHE = 'mysms.shared-text';

/** The pushes that are being shown. */
let showing = Promise.resolve();

self.addEventListener('notificationclick', (event) => {
  const { action, notification } = event;
  const conversation = notification.data?.url;
  if (conversation === undefined) return;
  const url = action === 'reply' ? `${conversation}?compose=true` : conversation;
  event.stopImmediatePropagation();
  notification.close();
  event.waitUntil(openConversation(url));
});

self.addEventListener('push', (event) => {
  event.stopImmediatePropagation();
  // One after the other: each takes over what the last one stands for.
  showing = showing.catch(() => undefined).then(() => showPushed(event.data.json()));
  event.waitUntil(showing);
});

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

/** Unless somebody is looking, or a tab has told of the message already. */
async function showPushed({ notification: { title, tag, data, ...options } }) {
  const tabs = await clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (tabs.some(({ visibilityState }) => visibilityState === 'visible')) return;
  const [shown] = await registration.getNotifications({ tag });
  const before = shown?.data.ids ?? [];
  if (data.ids.every((id) => before.includes(id))) return;
  const ids = [...before, ...data.ids];
  await registration.showNotification(title, {
    ...options,
    tag,
    data: { ...data, ids },
    icon: '/icons/icon-192.png',
    // Nobody can write to a sender with a name in place of a number.
    actions: data.url.includes('/%2B') ? [{ action: 'reply', title: 'Reply' }] : [],
    renotify: true,
  });
}

/** In the tab that was used last, which navigates without loading anything; in a new one if there is none. */
async function openConversation(url) {
  const [tab] = await clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (tab === undefined) {
    await clients.openWindow(url);
    return;
  }
  tab.postMessage({ type: 'OPEN_CONVERSATION', url });
  await tab.focus();
}

/** The share target of the manifest. The text reaches no server, no address and no history: the page takes it from here. */
async function takeSharedText(request) {
  const form = await request.formData();
  const parts = ['title', 'text', 'url'].map((name) => String(form.get(name) ?? '').trim());
  const text = [...new Set(parts)].filter(Boolean).join('\n');
  const cache = await caches.open(SHARED_TEXT_CACHE);
  await cache.put(`/share?at=${Date.now()}`, new Response(text));
  return Response.redirect('/messages/new', 303);
}
