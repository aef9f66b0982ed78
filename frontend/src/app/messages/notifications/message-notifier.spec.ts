import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { Router } from '@angular/router';
import { Subject } from 'rxjs';
import { Message } from '../../api/models';
import { PageActivity } from '../../api/page-activity';
import { MessageSubscriber, MessageSync } from '../message-sync';
import { aMessage, deleted } from '../testing';
import { UnreadStore } from '../unread-store';
import { MessageNotifier } from './message-notifier';
import { NotificationSettings } from './notification-settings';

/** As the browser's, with what the user sees. */
class FakeNotification {
  static shown: FakeNotification[] = [];
  static count = 0;
  onclick: (() => void) | undefined;
  onclose: (() => void) | undefined;
  readonly tag: string;
  readonly body: string;
  readonly data: unknown;

  constructor(
    readonly title: string,
    { tag, body, data }: { tag: string; body: string; data: unknown },
  ) {
    Object.assign(this, { tag, body, data });
    this.tag = tag;
    this.body = body;
    this.data = data;
    FakeNotification.shown.find((other) => other.tag === tag)?.close();
    FakeNotification.shown.push(this);
    FakeNotification.count += 1;
  }

  close(): void {
    FakeNotification.shown = FakeNotification.shown.filter((other) => other !== this);
    this.onclose?.();
  }
}

/** The locks of one browser. */
class FakeLocks {
  readonly held = new Set<string>();

  async request(
    name: string,
    { mode, signal }: { mode: string; signal: AbortSignal },
    work: () => Promise<void>,
  ): Promise<void> {
    while (mode === 'exclusive' && this.held.has(name)) await settle();
    if (signal.aborted) throw new DOMException('aborted', 'AbortError');
    this.held.add(name);
    await work();
    this.held.delete(name);
  }

  query() {
    return Promise.resolve({ held: [...this.held].map((name) => ({ name })) });
  }
}

class FakeAudio {
  static begun = 0;
  readonly currentTime = 0;
  readonly destination = {};

  constructor() {
    FakeAudio.begun += 1;
  }

  createGain() {
    const gain = { setValueAtTime: vi.fn(), exponentialRampToValueAtTime: vi.fn() };
    return { connect: vi.fn(), gain };
  }

  createOscillator() {
    return { connect: vi.fn(), start: vi.fn(), stop: vi.fn(), frequency: {} };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

function inbound(id: string, members: Partial<Message> = {}): Message {
  return aMessage({ _id: id, direction: 'inbound', status: 'received', content: id, ...members });
}

describe('MessageNotifier', () => {
  const statusChanges = new Subject<readonly Message[]>();
  const isOn = signal(true);
  const showsText = signal(false);
  const hasSound = signal(true);
  const peersToTell = signal<readonly string[]>([]);
  const navigate = vi.fn();
  const router = { url: '/', navigateByUrl: navigate };
  const isNews = vi.fn<(peer: string) => Promise<boolean>>();
  let locks: FakeLocks;
  let subscriber: MessageSubscriber | undefined;

  function hide(hidden: boolean): void {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }

  async function start(): Promise<void> {
    TestBed.inject(MessageNotifier);
    TestBed.tick();
    await settle();
  }

  async function receive(...messages: Message[]): Promise<void> {
    statusChanges.next(messages);
    await settle();
  }

  const bodies = () => FakeNotification.shown.map(({ body }) => body);

  beforeEach(() => {
    locks = new FakeLocks();
    FakeNotification.shown = [];
    FakeNotification.count = 0;
    isOn.set(true);
    showsText.set(false);
    hasSound.set(true);
    peersToTell.set([]);
    FakeAudio.begun = 0;
    vi.stubGlobal('AudioContext', FakeAudio);
    const userActivation = { hasBeenActive: true };
    Object.defineProperty(navigator, 'userActivation', {
      value: userActivation,
      configurable: true,
    });
    navigate.mockReset();
    isNews.mockReset().mockResolvedValue(true);
    vi.stubGlobal('Notification', FakeNotification);
    vi.stubGlobal('focus', vi.fn());
    Object.defineProperty(navigator, 'locks', { value: locks, configurable: true });
    hide(true);
    const sync: Partial<MessageSync> = {
      statusChanges,
      subscribe: (one) => {
        subscriber = one;
        return () => undefined;
      },
    };
    TestBed.configureTestingModule({
      providers: [
        MessageNotifier,
        { provide: MessageSync, useValue: sync },
        { provide: NotificationSettings, useValue: { isOn, showsText, hasSound } },
        { provide: Router, useValue: router },
        { provide: UnreadStore, useValue: { isNews, peersToTell } },
      ],
    });
  });

  afterEach(() => {
    TestBed.resetTestingModule();
    vi.unstubAllGlobals();
    Reflect.deleteProperty(navigator, 'locks');
    Reflect.deleteProperty(navigator, 'userActivation');
    Reflect.deleteProperty(document, 'hidden');
  });

  it('tells of what comes in, once for each conversation, with one sound', async () => {
    await start();
    await receive(inbound('a'), inbound('b'), inbound('c', { peer_number: '+15005550009' }));
    expect(bodies()).toEqual(['2 new messages', 'New message']);
    expect(FakeNotification.shown[0]?.title).toBe('+1 415 555 2671');
    expect(FakeAudio.begun).toBe(1);
    await receive(inbound('d'));
    expect(bodies()).toEqual(['New message', '3 new messages']);
  });

  it('does not tell again of what the tab before it has told of', async () => {
    await start();
    await receive(inbound('a'));
    await receive(inbound('a'));
    expect(FakeNotification.count).toBe(1);
    expect(FakeAudio.begun).toBe(1);
  });

  it('shows the newest text, or what there is instead, if that is chosen', async () => {
    showsText.set(true);
    await start();
    const later = new Date(Date.UTC(2026, 10, 23)).toISOString();
    await receive(inbound('newest', { created_at: later }), inbound('older'));
    expect(bodies()).toEqual(['newest']);
    await receive(inbound('d', { content: '', num_media: 1 }));
    expect(bodies()[0]).toMatch(/1 attachment/);
  });

  it('says nothing of messages that the user has sent', async () => {
    await start();
    await receive(aMessage({ status: 'delivered' }));
    expect(FakeNotification.count).toBe(0);
  });

  it('says nothing of what is read on another device by then', async () => {
    isNews.mockImplementation((peer) => Promise.resolve(peer === '+15005550009'));
    await start();
    await receive(inbound('a'), inbound('b'), inbound('c', { peer_number: '+15005550009' }));
    expect(FakeNotification.shown.map(({ data }) => data)).toEqual([
      expect.objectContaining({ ids: ['c'] }),
    ]);
    await receive(inbound('d'));
    expect(FakeNotification.count).toBe(1);
    expect(FakeAudio.begun).toBe(1);
  });

  it.each(['the page becomes visible', 'it is deleted'])(
    'says nothing if %s before',
    async (what) => {
      let answer: (isUnread: boolean) => void = () => undefined;
      isNews.mockReturnValue(new Promise((resolve) => (answer = resolve)));
      await start();
      await receive(inbound('a'));
      if (what === 'it is deleted') subscriber?.applyChanges([deleted(inbound('a'))]);
      else hide(false);
      await settle();
      answer(true);
      await settle();
      expect(FakeNotification.count).toBe(0);
    },
  );

  it('says nothing of what the service worker has told of already', async () => {
    await start();
    await receive(inbound('a'));
    await receive(inbound('a'));
    expect(FakeNotification.count).toBe(1);
    expect(FakeAudio.begun).toBe(1);
    await receive(inbound('a'), inbound('b'));
    expect(bodies()).toEqual(['2 new messages']);
  });

  it('says nothing while the page is visible, and takes back what it has said', async () => {
    await start();
    await receive(inbound('a'));
    hide(false);
    await settle();
    expect(bodies()).toEqual([]);
    await receive(inbound('b'));
    hide(true);
    await settle();
    expect(bodies()).toEqual([]);
    await receive(inbound('c'));
    expect(bodies()).toEqual(['New message']);
  });

  it('says nothing while another tab is visible', async () => {
    await start();
    locks.held.add('mysms.visible-tab');
    await receive(inbound('a'));
    expect(FakeNotification.count).toBe(0);
    expect(FakeAudio.begun).toBe(0);
  });

  it('leaves it to another tab, until that is gone', async () => {
    locks.held.add('mysms.notifying-tab');
    await start();
    expect(TestBed.inject(PageActivity).isActive()).toBe(document.visibilityState === 'visible');
    await receive(inbound('a'));
    expect(FakeNotification.count).toBe(0);
    locks.held.delete('mysms.notifying-tab');
    await settle();
    await settle();
    await receive(inbound('b'));
    expect(bodies()).toEqual(['New message']);
  });

  it('takes back what stands for a message that is deleted', async () => {
    await start();
    const message = inbound('a');
    await receive(message, inbound('c', { peer_number: '+15005550009' }));
    subscriber?.applyChanges([deleted(message)]);
    await settle();
    expect(FakeNotification.shown.map(({ data }) => data)).toEqual([
      expect.objectContaining({ ids: ['c'] }),
    ]);
  });

  it('takes back what was read on another device, and nothing else', async () => {
    const other = '+15005550009';
    await start();
    await receive(inbound('a'), inbound('c', { peer_number: other }));
    const { peer_number } = inbound('a');
    for (const unread of [[peer_number], [peer_number, other]]) {
      peersToTell.set(unread);
      TestBed.tick();
      await settle();
      expect(FakeNotification.shown).toHaveLength(2);
    }
    peersToTell.set([other]);
    TestBed.tick();
    await settle();
    expect(FakeNotification.shown.map(({ data }) => data)).toEqual([
      expect.objectContaining({ ids: ['c'] }),
    ]);
  });

  it('has no sound if that is chosen', async () => {
    hasSound.set(false);
    await start();
    await receive(inbound('a'));
    expect(bodies()).toEqual(['New message']);
    expect(FakeAudio.begun).toBe(0);
  });

  it('has no sound where the user has not done anything yet', async () => {
    const userActivation = { hasBeenActive: false };
    Object.defineProperty(navigator, 'userActivation', {
      value: userActivation,
      configurable: true,
    });
    await start();
    await receive(inbound('a'));
    expect(bodies()).toEqual(['New message']);
    expect(FakeAudio.begun).toBe(0);
  });

  it.each([
    ['/settings', false],
    ['/messages/+14155552671?details=contact', true],
  ])('opens the conversation on a click, from %s', async (url, replaceUrl) => {
    router.url = url;
    await start();
    await receive(inbound('a'));
    FakeNotification.shown[0]?.onclick?.();
    expect(navigate).toHaveBeenCalledWith('/messages/%2B14155552671', { replaceUrl });
    expect(focus).toHaveBeenCalled();
    expect(bodies()).toEqual([]);
  });

  it.each(['turned off', 'signed out'])('ends when it is %s', async (how) => {
    await start();
    await receive(inbound('a'));
    if (how === 'turned off') isOn.set(false);
    else TestBed.resetTestingModule();
    if (how === 'turned off') TestBed.tick();
    await settle();
    expect(bodies()).toEqual([]);
    await receive(inbound('b'));
    expect(bodies()).toEqual([]);
    expect(locks.held.size).toBe(0);
  });
});
