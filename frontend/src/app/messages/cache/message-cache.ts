import { Injectable, inject } from '@angular/core';
import { DBSchema, IDBPDatabase, IDBPTransaction, openDB } from 'idb';
import { Message } from '../../api/models';
import { ContactNames } from '../../phone-numbers/contact-names';
import { SessionRepository } from '../../session/session-repository';
import { SessionStore } from '../../session/session-store';
import { UserStorage } from '../../session/user-storage';
import { CACHE_DATABASE, deleteCache } from '../../storage/cache-database';
import { Conversations } from '../conversations';
import { latestOf } from '../message-order';
import { ThreadMessages } from '../thread-messages';
import { CachedUnread, UnreadStore } from '../unread-store';

export const MAX_CACHED_CONVERSATIONS = 50;
/** How many threads are kept, those opened last, and how many messages of each, its newest. */
export const MAX_CACHED_THREADS = 20;
export const MAX_CACHED_MESSAGES = 50;
/**
 * A thread that is not opened for so long is dropped, and a list that the API has not told for so long: their texts may be
 * deleted by now, which only loading them would tell.
 */
export const MAX_CACHE_AGE_MS = 7 * 86_400_000;

/** Raise it whenever a field of what is stored changes: what other versions have stored is dropped. */
const VERSION = 8;
/** All fields of a message. The compiler asks for those that are new. */
const MESSAGE_FIELDS = Object.keys({
  _id: true,
  direction: true,
  from_number: true,
  recipient_number: true,
  peer_number: true,
  content: true,
  status: true,
  cancel_requested: true,
  twilio_sid: true,
  client_id: true,
  error_code: true,
  error_message: true,
  explanation: true,
  retry_of: true,
  segments: true,
  num_media: true,
  media: true,
  created_at: true,
  updated_at: true,
  version: true,
  content_removed_at: true,
  deleted_at: true,
} satisfies Record<keyof Message, true>) as (keyof Message)[];

interface CachedThread {
  readonly peer: string;
  readonly openedAt: number;
  readonly thread: ThreadMessages;
}

interface CachedConversations {
  readonly storedAt: number;
  readonly conversations: Conversations;
  /** What the user calls the people in them. */
  readonly names: ReadonlyMap<string, string>;
  readonly unread: CachedUnread;
}

interface CacheSchema extends DBSchema {
  /** The session whose messages these are, and the version that has stored them. */
  owner: { key: typeof ONLY; value: string };
  conversations: { key: typeof ONLY; value: CachedConversations };
  threads: { key: string; value: CachedThread; indexes: { openedAt: number } };
}

type Stores = ('owner' | 'conversations' | 'threads')[];
type Transaction = IDBPTransaction<CacheSchema, Stores, 'readwrite'>;

/** The key of the only entry of a store. */
const ONLY = 0;
const STORES: Stores = ['owner', 'conversations', 'threads'];

/**
 * The conversations and the threads opened last, as the API has told them, for the next load of the page. They are those of
 * one session: a database that another session has left is emptied before it is used, so it never matters whether it could
 * be deleted (`SessionStore`). Without IndexedDB, or where it fails, everything works, only without a cache.
 */
@Injectable()
export class MessageCache {
  readonly #session = inject(SessionRepository);
  readonly #userStorage = inject(UserStorage);
  readonly #userId = inject(SessionStore).user()?.id;
  #hasFailed = false;

  conversations(): Promise<Omit<CachedConversations, 'storedAt'> | undefined> {
    return this.#use((transaction) => transaction.objectStore('conversations').get(ONLY));
  }

  async putConversations(
    { rows, hasMore }: Conversations,
    names: Pick<ContactNames, 'select'>,
    unread: Pick<UnreadStore, 'select'>,
  ): Promise<void> {
    const first = rows.slice(0, MAX_CACHED_CONVERSATIONS);
    const peers = first.map(({ peer }) => peer);
    // Before anything is awaited: an effect follows what this reads.
    const ofFirst = { names: names.select(peers), unread: unread.select(peers) };
    await this.#use((transaction) =>
      transaction.objectStore('conversations').put(
        {
          storedAt: Date.now(),
          conversations: {
            rows: first.map(({ peer, last }) => ({ peer, last: toCached(last) })),
            hasMore: hasMore || rows.length > first.length,
          },
          ...ofFirst,
        },
        ONLY,
      ),
    );
  }

  async thread(peer: string): Promise<ThreadMessages | undefined> {
    const cached = await this.#use((transaction) => transaction.objectStore('threads').get(peer));
    return cached && { ...cached.thread, messages: cached.thread.messages.filter(isKept) };
  }

  /**
   * Stores the newest messages of a conversation, and drops the threads opened longest ago. An empty one is not stored: it
   * would be shown as if there were no messages. Of deleted messages it keeps the ids, since a tab that does not know of the
   * deletion yet may store them again.
   */
  async putThread(peer: string, openedAt: number, loaded: ThreadMessages): Promise<void> {
    const newest = loaded.messages.slice(0, MAX_CACHED_MESSAGES);
    await this.#use(async (transaction) => {
      const threads = transaction.objectStore('threads');
      if (newest.length === 0) {
        await threads.delete(peer);
        return;
      }
      const before = await threads.get(peer);
      await threads.put({
        peer,
        openedAt: Math.max(openedAt, before?.openedAt ?? 0),
        thread: {
          // Another tab may have learned of changes that this one has not.
          messages: withChanges(newest, before?.thread.messages ?? []).map(toCached),
          total: loaded.total,
          hasOlder: loaded.hasOlder || loaded.messages.length > newest.length,
          hasNewer: false,
        },
      });
      const peers = await threads.index('openedAt').getAllKeys();
      await Promise.all(peers.slice(0, -MAX_CACHED_THREADS).map((other) => threads.delete(other)));
    });
  }

  /** Updates all cached messages that have changed: a text that was deleted leaves the cache. Adds none but deleted ones. */
  async applyChanges(messages: readonly Message[]): Promise<void> {
    const peers = new Set(messages.map(({ peer_number }) => peer_number));
    await this.#use(async (transaction) => {
      const threads = transaction.objectStore('threads');
      for (const peer of peers) {
        const cached = await threads.get(peer);
        if (!cached) continue;
        const ofThread = messages.filter(({ peer_number }) => peer_number === peer);
        const latest = withChanges(cached.thread.messages, ofThread).map(toCached);
        await threads.put({ ...cached, thread: { ...cached.thread, messages: latest } });
      }
    });
  }

  /** Too much has changed to be told: texts may be deleted by now. */
  async forgetThreads(): Promise<void> {
    await this.#use((transaction) => transaction.objectStore('threads').clear());
  }

  /**
   * Runs the work in one transaction. The database is open only meanwhile, so that no tab is in the way of another that
   * deletes it. A cache that cannot be used, or not be updated because the disk is full, is deleted.
   */
  async #use<T>(work: (transaction: Transaction) => Promise<T>): Promise<T | undefined> {
    const owner = this.#owner();
    if (owner === undefined || this.#hasFailed) return undefined;
    try {
      const database = await openDB<CacheSchema>(CACHE_DATABASE, 1, { upgrade: createStores });
      try {
        const transaction = database.transaction(STORES, 'readwrite');
        const [result] = await Promise.all([
          emptyUnlessOwnedBy(owner, transaction)
            .then(() => dropOld(transaction))
            .then(() => work(transaction)),
          transaction.done,
        ]);
        return result;
      } finally {
        database.close();
      }
    } catch {
      this.#hasFailed = true;
      deleteCache();
      return undefined;
    }
  }

  /** Nobody is who has signed out in another tab, or whose session would not outlive this page. */
  #owner(): string | undefined {
    const session = this.#session.read();
    if (session === undefined || session.user.id !== this.#userId) return undefined;
    if (this.#userStorage.atRisk() === 'session') return undefined;
    return [VERSION, session.user.id, session.startedAt].join(' ');
  }
}

function createStores(database: IDBPDatabase<CacheSchema>): void {
  database.createObjectStore('owner');
  database.createObjectStore('conversations');
  database.createObjectStore('threads', { keyPath: 'peer' }).createIndex('openedAt', 'openedAt');
}

async function emptyUnlessOwnedBy(owner: string, transaction: Transaction): Promise<void> {
  const owners = transaction.objectStore('owner');
  if ((await owners.get(ONLY)) === owner) return;
  await Promise.all(STORES.map((name) => transaction.objectStore(name).clear()));
  await owners.put(owner, ONLY);
}

async function dropOld(transaction: Transaction): Promise<void> {
  const threads = transaction.objectStore('threads');
  const conversations = transaction.objectStore('conversations');
  const oldest = Date.now() - MAX_CACHE_AGE_MS;
  const peers = await threads.index('openedAt').getAllKeys(IDBKeyRange.upperBound(oldest));
  await Promise.all(peers.map((peer) => threads.delete(peer)));
  const cached = await conversations.get(ONLY);
  if (cached && cached.storedAt <= oldest) await conversations.delete(ONLY);
}

/** The latest versions of the messages, and the last deleted ones. */
function withChanges(messages: readonly Message[], changes: readonly Message[]): Message[] {
  const known = new Map(changes.map((change) => [change._id, change]));
  const latest = messages.map((message) => latestOf(message, known.get(message._id) ?? message));
  const deleted = new Map(
    [...latest, ...changes]
      .filter((message) => !isKept(message))
      .map((message) => [message._id, message]),
  );
  const lastDeleted = [...deleted.values()].slice(-MAX_CACHED_MESSAGES);
  return [...latest.filter(({ _id }) => !deleted.has(_id)), ...lastDeleted];
}

function isKept({ deleted_at }: Message): boolean {
  return !deleted_at;
}

function toCached(message: Message): Message {
  const fields = MESSAGE_FIELDS.map((field) => [field, message[field]]);
  return Object.fromEntries(fields) as Message;
}
