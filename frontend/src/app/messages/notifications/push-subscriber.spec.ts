import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { NotificationSettings } from './notification-settings';
import { PushSubscriber } from './push-subscriber';

const KEY =
  'BEl62iUYgUivxIkv69yViEuiBIa-Ib9-SkvMeAtA3LFgDzkrxZJjSgSnfckjBJuBkr3qBUYIHBQFLXYp5Nksh8U';
const settle = () => new Promise((resolve) => setTimeout(resolve));

/** As the browser's, with one push service. */
class FakePushManager {
  subscription: ReturnType<FakePushManager['make']> | null = null;
  isRefused = false;
  count = 0;

  getSubscription() {
    return Promise.resolve(this.subscription);
  }

  subscribe({ applicationServerKey }: { applicationServerKey: string }) {
    if (this.isRefused) return Promise.reject(new DOMException('no', 'AbortError'));
    this.count += 1;
    this.subscription = this.make(applicationServerKey);
    return Promise.resolve(this.subscription);
  }

  make(key: string) {
    const endpoint = `https://push.example.com/${this.count}`;
    const binary = atob(key.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return {
      options: { applicationServerKey: bytes.buffer },
      toJSON: () => ({ endpoint, keys: { p256dh: 'p', auth: 'a' } }),
      unsubscribe: () => {
        this.subscription = null;
        return Promise.resolve(true);
      },
    };
  }
}

describe('PushSubscriber', () => {
  const isOn = signal(true);
  const isPushed = signal(true);
  const showsText = signal(false);
  let manager: FakePushManager;
  let http: HttpTestingController;
  let subscriber: PushSubscriber;

  function start(): void {
    TestBed.configureTestingModule({
      providers: [
        provideHttpClient(),
        provideHttpClientTesting(),
        PushSubscriber,
        { provide: NotificationSettings, useValue: { isOn, isPushed, showsText } },
      ],
    });
    http = TestBed.inject(HttpTestingController);
    subscriber = TestBed.inject(PushSubscriber);
  }

  async function change(): Promise<void> {
    TestBed.tick();
    await settle();
  }

  async function answerKey(public_key = KEY): Promise<void> {
    http.expectOne('/api/push/key').flush({ public_key });
    await settle();
  }

  function expectSubscription(members: object): void {
    const request = http.expectOne({ method: 'PUT', url: '/api/push/subscription' });
    expect(request.request.body).toEqual({ subscription: members });
    request.flush(null);
  }

  const first = { endpoint: 'https://push.example.com/1', keys: { p256dh: 'p', auth: 'a' } };

  beforeEach(() => {
    isOn.set(true);
    isPushed.set(true);
    showsText.set(false);
    manager = new FakePushManager();
    const getRegistration = () => Promise.resolve({ active: {}, pushManager: manager });
    Object.defineProperty(navigator, 'serviceWorker', {
      value: { getRegistration },
      configurable: true,
    });
  });

  afterEach(() => {
    http.verify();
    TestBed.resetTestingModule();
    Reflect.deleteProperty(navigator, 'serviceWorker');
  });

  it('subscribes the browser at each visit, once', async () => {
    start();
    await change();
    await answerKey();
    expectSubscription({ ...first, shows_text: false });
    await settle();
    showsText.set(true);
    await change();
    await answerKey();
    expectSubscription({ ...first, shows_text: true });
    expect(manager.count).toBe(1);
  });

  it('subscribes anew if the key is another one', async () => {
    start();
    await change();
    await answerKey();
    expectSubscription({ ...first, shows_text: false });
    await settle();
    showsText.set(true);
    await change();
    await answerKey(KEY.replace('BEl6', 'BEl7'));
    expectSubscription({ ...first, endpoint: 'https://push.example.com/2', shows_text: true });
  });

  it.each(['off', 'not for a closed page'])('ends the subscription when it is %s', async (how) => {
    start();
    await change();
    await answerKey();
    expectSubscription({ ...first, shows_text: false });
    await settle();
    if (how === 'off') isOn.set(false);
    else isPushed.set(false);
    await change();
    http.expectOne({ method: 'DELETE', url: '/api/push/subscription' }).flush(null);
    expect(manager.subscription).toBeNull();
  });

  it('asks the API nothing unless it is chosen', async () => {
    isPushed.set(false);
    start();
    await change();
    http.expectNone(() => true);
  });

  it('ends the subscription of a user who signs out', async () => {
    start();
    await change();
    await answerKey();
    expectSubscription({ ...first, shows_text: false });
    await settle();
    TestBed.resetTestingModule();
    await settle();
    expect(manager.subscription).toBeNull();
  });

  it('says why it is impossible', async () => {
    manager.isRefused = true;
    start();
    await change();
    await answerKey();
    expect(subscriber.problem()).toMatch(/its push service/);
    manager.isRefused = false;
    showsText.set(true);
    await change();
    http.expectOne('/api/push/key').flush(null, { status: 503, statusText: 'Unavailable' });
    await settle();
    expect(subscriber.problem()).not.toBe('');
    expect(subscriber.problem()).not.toMatch(/its push service/);
  });
});
