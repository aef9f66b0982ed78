import { Page, Route } from '@playwright/test';
import type {
  Contact,
  Conversation,
  ImportedContacts,
  Message,
  MessageDetail,
  OptOut,
  Session,
  Unread,
} from '../src/app/api/models';

/** How much a user has, and with which texts it begins. */
export interface Stored {
  readonly conversations: number;
  /** In the conversation with `PEER`. */
  readonly messages: number;
  /** The index of the newest message in `TEXTS` and `STATES`. */
  readonly first?: number;
  /** Instead of `TEXTS` and `STATES`, the newest first: texts of delivered messages, or what is different about them. */
  readonly contents?: readonly (string | Partial<Message>)[];
  /** The time of the newest message; a minute ago if it is not given. */
  readonly newest?: Date;
  /** How many messages are unread in each of the newest conversations. */
  readonly unread?: readonly number[];
  /** How many of the newest conversations are archived. */
  readonly archived?: number;
  /** How many of the newest conversations are muted. */
  readonly muted?: number;
  /** What the newest conversations are called. */
  readonly names?: readonly string[];
}

/** What a test changes while the page is open. */
export interface GeneratedApi {
  stored: Stored;
  /** Every request gets a 503. */
  broken: boolean;
  /** No request succeeds: the browser's own offline mode does not affect requests that are answered here. */
  offline: boolean;
  /** The messages that the next poll brings. */
  changed: readonly Message[];
  contacts: readonly Contact[];
  optOuts: readonly OptOut[];
  /** PNGs, in turn for each place among the media of a message; without any, media are not found. */
  pictures: readonly Buffer[];
  /** The total of a conversation, whatever it has. */
  total: number | undefined;
  /** Requests wait for it. */
  held: Promise<void> | undefined;
}

export const EMAIL = 'somebody.with.a.rather.long.address@mail.department.example.com';
/** Somebody who has a second factor. */
export const WITH_SECOND_FACTOR = `second.factor.of.${EMAIL}`;
/** The newest conversation. */
export const PEER = '+14155552671';

export const LONG_WORD = 'Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz'.repeat(
  2,
);
export const LONG_URL = `https://example.com/${'a1b2c3d4e5'.repeat(20)}`;
export const HEBREW = 'שלום, השולחן שלך מוכן ב-19:30. נתראה!';

/** With all that can be known about somebody, at length. */
export const CONTACT: Contact = {
  number: PEER,
  name: `${'Maximilian '.repeat(6)}${HEBREW.slice(0, 30)}`,
  note: `${LONG_WORD}\n${'Prefers mornings. '.repeat(40)}`,
  labels: ['customer', HEBREW, 'x'.repeat(40), ...Array.from({ length: 15 }, (_, n) => `no. ${n}`)],
  consent: { method: 'web_form', at: '2026-03-03T10:30:00.000Z', source: LONG_URL.slice(0, 200) },
  created_at: '2026-03-03T10:30:00.000Z',
  updated_at: '2026-03-03T10:30:00.000Z',
  version: 1,
  deleted_at: null,
};

/** Texts of each kind that has broken layouts. */
export const TEXTS = [
  'Your table for four is confirmed, see you at 19:30. Parking is behind the house.',
  LONG_URL,
  HEBREW,
  LONG_WORD,
  '👩‍👩‍👧‍👦🏳️‍🌈'.repeat(40),
  Array.from({ length: 40 }, (_, line) => `Line ${line + 1}`).join('\n'),
  `  two  spaces\t\ttwo tabs${' '.repeat(300)}and the end \n\n`,
  'مرحبا، رقمك هو +1 415 555 2671\nand in English below',
  'x'.repeat(1600),
  'Ok',
  '',
] as const;

export const FAILED = {
  error_code: 30003,
  explanation: {
    cause: 'The phone could not be reached.',
    advice: 'It may be switched off or out of range: try again later.',
    retryable: true,
  },
};
const STATES: readonly Partial<Message>[] = [
  { status: 'delivered' },
  { status: 'received', direction: 'inbound' },
  { status: 'failed', ...FAILED },
  { status: 'unconfirmed' },
  { status: 'pending', twilio_sid: null },
  { status: 'canceled' },
  { status: 'undelivered', ...FAILED },
];

const A_MINUTE_AGO = new Date(Date.now() - 60_000);

/** Answers all requests of the page with any amount of generated data, at once. */
export async function generateApi(page: Page, stored: Stored): Promise<GeneratedApi> {
  const api: GeneratedApi = {
    stored,
    broken: false,
    offline: false,
    changed: [],
    optOuts: [],
    contacts: (stored.names ?? []).map(aContact),
    pictures: [],
    total: undefined,
    held: undefined,
  };
  const answer = async (route: Route): Promise<void> => {
    await api.held;
    if (api.offline) {
      await route.abort('internetdisconnected');
      return;
    }
    if (api.broken) {
      const problem = { type: 'about:blank', title: 'Service Unavailable', status: 503 };
      await route.fulfill({ status: 503, json: { ...problem, code: 'database_unavailable' } });
      return;
    }
    await route.fulfill(answerTo(api, route));
  };
  await page.route('**/api/**', answer);
  await page.route('**/users/**', answer);
  return api;
}

type Answer = Parameters<Route['fulfill']>[0];

function answerTo(api: GeneratedApi, route: Route): Answer {
  const url = new URL(route.request().url());
  const { searchParams: asked } = url;
  switch (url.pathname) {
    case '/users/sign_in':
      return route.request().postData()?.includes(WITH_SECOND_FACTOR)
        ? { status: 401, json: { status: 401, code: 'second_factor_required' } }
        : { status: 201, json: { ...TOKENS, _id: 'u1', email: EMAIL } };
    case '/users/second_factor':
      switch (route.request().method()) {
        case 'GET':
          return { json: { enabled: false, recovery_codes_left: 0 } };
        case 'POST':
          return { status: 201, json: SET_UP };
        default:
          return { json: { recovery_codes: RECOVERY_CODES } };
      }
    case '/users/password_reset':
      return {
        json: { by_mail: true },
        ...(route.request().method() === 'POST' && { status: 202 }),
        ...(route.request().method() === 'PUT' && {
          status: 422,
          json: { status: 422, errors: { token: ['is not valid any more'] } },
        }),
      };
    case '/users/token':
      return { json: TOKENS };
    case '/users/sign_up':
      return { json: { mode: 'invite' } };
    case '/users/sessions':
      return { json: Array.from({ length: 12 }, (_, index) => aSession(index, api)) };
    case '/api/sending':
      return {
        json: {
          paused: { reason: 'Twilio does not accept our sender.', since: at(9, api) },
          sender: '+15005550006',
          pictures: { maximum_count: 10, maximum_bytes: 5_000_000 },
        },
      };
    case '/api/conversations':
      // After the first page all others at once, because a thousand are loaded often.
      if (asked.has('before')) asked.set('limit', '1000');
      return conversationsOf(api, asked);
    case '/api/conversations/unread':
      return { json: unreadOf(api) };
    case '/api/events':
      return { contentType: 'text/event-stream', body: '' };
    case '/api/contacts/changes':
      return { json: api.contacts, headers: { 'X-Revision': '1' } };
    case '/api/contacts/import':
      return { json: { ...IMPORTED, applied: asked.get('apply') === 'true' } };
    case '/api/messages/changes':
      return {
        json: api.changed,
        headers: {
          'X-Total-Count': `${api.stored.conversations + api.stored.messages}`,
          'X-Revision': '1',
        },
      };
    case '/api/messages':
      break;
    default:
      if (url.pathname === '/api/opt_outs') return { json: [...api.optOuts] };
      if (url.pathname.startsWith('/api/opt_outs/')) {
        const number = decodeURIComponent(url.pathname.split('/').at(-1) ?? '');
        const known = api.optOuts.find((each) => each.number === number);
        return { json: known ?? { number, opted_out: false, latest: null, history: [] } };
      }
      if (url.pathname === `/api/conversations/${encodeURIComponent(PEER)}/read`) {
        const [, ...others] = api.stored.unread ?? [];
        api.stored = { ...api.stored, unread: [0, ...others] };
        return { status: 204 };
      }
      if (url.pathname === `/api/conversations/${encodeURIComponent(PEER)}`)
        return { json: aConversation(api, 0) };
      if (url.pathname === `/api/conversations/${encodeURIComponent(PEER)}/archived`) {
        const archived = route.request().method() === 'PUT' ? 1 : 0;
        api.stored = { ...api.stored, archived };
        return { status: 204 };
      }
      if (url.pathname === `/api/conversations/${encodeURIComponent(PEER)}/muted`) {
        api.stored = { ...api.stored, muted: route.request().method() === 'PUT' ? 1 : 0 };
        return { status: 204 };
      }
      if (/\/attachments\/\w+$/.test(url.pathname)) return { status: 204 };
      if (/\/media\/\d+$/.test(url.pathname)) return aMedium(api, url.pathname);
      return { json: aDetail(aMessage(indexOf(url.pathname.split('/').at(-1)), api, PEER)) };
  }
  const count = asked.has('search') ? Math.min(api.stored.messages, 200) : api.stored.messages;
  const answer = page(asked, count, (index) => aMessage(index, api, PEER));
  return api.total === undefined
    ? answer
    : { ...answer, headers: { 'X-Total-Count': `${api.total}`, 'X-Revision': '1' } };
}

/** With long names, cells and reasons. */
const IMPORTED: ImportedContacts = {
  applied: false,
  format: 'csv',
  country: 'CH',
  columns: [
    { name: LONG_WORD.slice(0, 100), field: 'name', examples: [LONG_WORD.slice(0, 60), HEBREW] },
    { name: 'Phone 1 - Value', field: 'number', examples: ['+1 415 555 2671'] },
    { name: HEBREW, field: 'ignore', examples: [LONG_URL.slice(0, 60)] },
    { name: 'Notes', field: 'note', examples: [] },
  ],
  counts: { new: 12_000, updated: 345, duplicate: 5_000, invalid: 2_655 },
  preview: [LONG_WORD.slice(0, 100), HEBREW, 'Al', ''].map((name, index) => ({
    row: index + 2,
    outcome: (['new', 'updated', 'duplicate', 'invalid'] as const)[index] ?? 'new',
    number: index === 3 ? LONG_WORD : peerOf(index),
    name,
    note: '',
    labels: [],
    consent: null,
    reason: index === 3 ? 'Number has letters in it: write the number in digits' : null,
  })),
  rejected_csv: 'reason',
};

const TOKENS = {
  access_token: 'access',
  token_type: 'bearer',
  expires_in: 900,
  refresh_token: 'refresh',
} as const;

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const SET_UP = {
  secret: SECRET,
  otpauth_uri: `otpauth://totp/MySMS%20Messenger:${encodeURIComponent(EMAIL)}?secret=${SECRET}&issuer=MySMS%20Messenger`,
};
const RECOVERY_CODES = Array<string>(10).fill('k7qf-3m2x-8dwn-p0ra-5jtc-e9yh');

/** Its id contains its index, so that `before` does too. */
function idOf(index: number): string {
  return index.toString(16).padStart(24, '0');
}

function indexOf(id: string | undefined): number {
  return Number.parseInt(id ?? '0', 16);
}

function page(asked: URLSearchParams, total: number, make: (index: number) => unknown): Answer {
  const before = asked.get('before');
  const from = before === null ? 0 : indexOf(before) + 1;
  const to = Math.min(total, from + Number(asked.get('limit') ?? 50));
  return {
    json: Array.from({ length: Math.max(0, to - from) }, (_, index) => make(from + index)),
    headers: {
      'X-Total-Count': `${total}`,
      'X-Revision': '1',
      ...(to < total && { Link: `</api/messages?before=${idOf(to - 1)}>; rel="next"` }),
    },
  };
}

function at(minutesAgo: number, { stored: { newest = A_MINUTE_AGO } }: GeneratedApi): string {
  return new Date(newest.getTime() - minutesAgo * 60_000).toISOString();
}

export function aMessage(index: number, api: GeneratedApi, peer: string): Message {
  const { first = 0, contents } = api.stored;
  const given = contents?.[index];
  const state = contents ? STATES[0] : STATES[(index + first) % STATES.length];
  return {
    _id: idOf(index),
    direction: 'outbound',
    from_number: '+15005550006',
    recipient_number: peer,
    peer_number: peer,
    content: TEXTS[(index + first) % TEXTS.length] ?? '',
    cancel_requested: false,
    twilio_sid: `SM${idOf(index).padStart(32, '3f0c2a4b')}`,
    client_id: null,
    error_code: null,
    error_message: null,
    explanation: null,
    retry_of: null,
    segments: 1,
    num_media: 0,
    media: [],
    created_at: at(index * 37, api),
    updated_at: at(index * 37, api),
    version: 1,
    content_removed_at: null,
    deleted_at: null,
    status: 'sent',
    ...state,
    ...(typeof given === 'string' ? { content: given } : given),
  };
}

function aMedium({ pictures }: GeneratedApi, path: string): Answer {
  const body = pictures[Number(path.split('/').at(-1)) % pictures.length];
  if (body === undefined) return { status: 404, json: { status: 404, code: 'media_gone' } };
  return { contentType: 'image/png', body };
}

function aConversation(api: GeneratedApi, index: number): Conversation {
  const peer_number = peerOf(index);
  return {
    peer_number,
    last_message: { ...aMessage(index, api, peer_number), _id: idOf(index) },
    messages: 1,
    unread: 0,
    inbound: 0,
    archived: index < (api.stored.archived ?? 0),
    muted: index < (api.stored.muted ?? 0),
  };
}

/** The newest are archived. */
function conversationsOf(api: GeneratedApi, asked: URLSearchParams): Answer {
  const { archived = 0, conversations } = api.stored;
  if (asked.has('archived')) return page(asked, archived, (index) => aConversation(api, index));
  if (archived > 0 && !asked.has('before')) asked.set('before', idOf(archived - 1));
  return page(asked, conversations, (index) => aConversation(api, index));
}

function aContact(name: string, index: number): Contact {
  const at = A_MINUTE_AGO.toISOString();
  return {
    number: peerOf(index),
    name,
    note: '',
    labels: [],
    consent: null,
    created_at: at,
    updated_at: at,
    version: 1,
    deleted_at: null,
  };
}

function unreadOf(api: GeneratedApi): Unread {
  const { unread = [], archived = 0, muted = 0 } = api.stored;
  return {
    archived: Array.from({ length: archived }, (_, index) => ({
      peer_number: peerOf(index),
      last_message_at: at(index * 37, api),
    })),
    muted: Array.from({ length: muted }, (_, index) => peerOf(index)),
    total: unread.slice(muted).reduce((sum, one) => sum + one, 0),
    conversations: unread
      .map((count, index) => ({
        peer_number: peerOf(index),
        unread: count,
        inbound: count,
      }))
      .filter(({ unread }) => unread > 0),
  };
}

/** After the first, as short and as long as numbers can be. */
function peerOf(index: number): string {
  if (index === 0) return PEER;
  const national = [9, 13, 6, 11][index % 4] ?? 9;
  return `+49${`${index}`.padStart(4, '0').padStart(national, '3')}`;
}

function aDetail(message: Message): MessageDetail {
  const statuses = ['pending', 'queued', 'sent', 'delivered'];
  return {
    ...message,
    timeline: statuses.map((status, step) => ({
      at: message.created_at,
      source: (['send', 'callback', 'reconciler', 'user'] as const)[step],
      status,
      sid: message.twilio_sid,
      error_code: null,
    })),
  } as MessageDetail;
}

function aSession(index: number, api: GeneratedApi): Session {
  return {
    _id: idOf(index),
    device: index === 3 ? LONG_WORD : 'Firefox on Windows',
    created_at: at(index * 10_000, api),
    last_used_at: at(index * 1_000, api),
    current: index === 0,
  };
}
