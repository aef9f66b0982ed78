import { EMPTY, Observable, Subject, filter, fromEvent, map, merge } from 'rxjs';
import { notificationTexts } from '../../i18n/notification-texts';

/** A notification of one conversation, which replaces the one before. */
export interface ConversationNotification {
  readonly peer: string;
  readonly title: string;
  readonly body: string;
  /** The address of the conversation. */
  readonly url: string;
  /** The messages that it stands for. */
  readonly ids: readonly string[];
}

interface NotificationData {
  readonly url: string;
  readonly ids: readonly string[];
}

/** What `src/service-worker.js` tells the tab that it has focused. */
interface WorkerMessage {
  readonly type?: string;
  readonly url?: string;
}

const ICON = '/icons/icon-192.png';
const TAG = 'mysms.conversation.';

/**
 * Shows notifications through the service worker, which answers the click and whose notifications all tabs know. Where there
 * is no worker, the page shows them itself.
 */
export class NotificationDisplay {
  readonly #ownClicks = new Subject<string>();
  /** Those that this page shows itself. */
  readonly #own = new Map<string, Notification>();

  /** The address of a notification that was clicked. The worker focuses a tab, opens one if there is none, and tells it. */
  readonly clicks = merge(this.#ownClicks, clicksOfWorker());

  /** The messages of the notification that is shown of this conversation. */
  async idsOf(peer: string): Promise<readonly string[]> {
    const shown = (await this.#shown()).filter(({ tag }) => tag === TAG + peer);
    return shown.flatMap((notification) => dataOf(notification).ids);
  }

  async show({ peer, title, body, url, ids }: ConversationNotification): Promise<void> {
    const tag = TAG + peer;
    const data: NotificationData = { url, ids };
    // Tells again, although it replaces another one. The sound is the page's own.
    const options = { tag, body, data, icon: ICON, renotify: true, silent: true };
    const registration = await activeRegistration();
    if (registration) {
      // Nobody can write to a sender with a name in place of a number.
      const reply = { action: 'reply', title: notificationTexts.reply };
      const actions = peer.startsWith('+') ? [reply] : [];
      // `lib.dom.d.ts` does not know them yet.
      await registration.showNotification(title, { ...options, actions } as NotificationOptions);
      return;
    }
    const notification = new Notification(title, options);
    this.#own.set(tag, notification);
    notification.onclick = () => {
      notification.close();
      window.focus();
      this.#ownClicks.next(url);
    };
    notification.onclose = () => {
      if (this.#own.get(tag) === notification) this.#own.delete(tag);
    };
  }

  /** Closes those of these conversations. */
  async closeOf(peers: readonly string[]): Promise<void> {
    const tags = peers.map((peer) => TAG + peer);
    for (const notification of await this.#shown()) {
      if (tags.includes(notification.tag)) notification.close();
    }
  }

  /** Closes those that stand for one of these messages; all without ids. */
  async close(ids?: ReadonlySet<string>): Promise<void> {
    for (const notification of await this.#shown()) {
      if (!ids || dataOf(notification).ids.some((id) => ids.has(id))) notification.close();
    }
  }

  async #shown(): Promise<Notification[]> {
    const registration = await activeRegistration();
    const ofWorker = (await registration?.getNotifications()) ?? [];
    return [...ofWorker, ...this.#own.values()].filter(({ tag }) => tag.startsWith(TAG));
  }
}

function dataOf({ data }: Notification): NotificationData {
  return data as NotificationData;
}

function clicksOfWorker(): Observable<string> {
  if (!('serviceWorker' in navigator)) return EMPTY;
  return fromEvent<MessageEvent<WorkerMessage | null>>(navigator.serviceWorker, 'message').pipe(
    map(({ data }) => (data?.type === 'OPEN_CONVERSATION' ? data.url : undefined)),
    filter((url) => url !== undefined),
  );
}

export async function activeRegistration(): Promise<ServiceWorkerRegistration | undefined> {
  if (!('serviceWorker' in navigator)) return undefined;
  const registration = await navigator.serviceWorker.getRegistration().catch(() => undefined);
  return registration?.active ? registration : undefined;
}
