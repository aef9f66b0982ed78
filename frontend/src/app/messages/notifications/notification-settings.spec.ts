import { TestBed } from '@angular/core/testing';
import { SessionStore } from '../../session/session-store';
import { NotificationSettings } from './notification-settings';

describe('NotificationSettings', () => {
  const ask = vi.fn();
  let permission: NotificationPermission;

  function create(userId = 'ada'): NotificationSettings {
    TestBed.resetTestingModule();
    TestBed.configureTestingModule({
      providers: [
        NotificationSettings,
        { provide: SessionStore, useValue: { user: () => ({ id: userId }) } },
      ],
    });
    return TestBed.inject(NotificationSettings);
  }

  beforeEach(() => {
    localStorage.clear();
    permission = 'default';
    ask.mockReset().mockImplementation(() => {
      permission = 'granted';
      return Promise.resolve(permission);
    });
    vi.stubGlobal('Notification', {
      requestPermission: ask,
      get permission() {
        return permission;
      },
    });
    Object.defineProperty(navigator, 'locks', { value: {}, configurable: true });
  });

  afterEach(() => {
    vi.unstubAllGlobals();
    Reflect.deleteProperty(navigator, 'locks');
  });

  it('asks the browser only when the user turns notifications on', async () => {
    const settings = create();
    expect(settings.isOn()).toBe(false);
    expect(settings.permission()).toBe('default');
    expect(ask).not.toHaveBeenCalled();
    await settings.turnOn();
    expect(settings.isOn()).toBe(true);
    expect(settings.showsText()).toBe(false);
    expect(settings.hasSound()).toBe(true);
  });

  it('stays off if the browser does not allow it', async () => {
    ask.mockImplementation(() => {
      permission = 'denied';
      return Promise.resolve(permission);
    });
    const settings = create();
    await settings.turnOn();
    expect(settings.isOn()).toBe(false);
    expect(settings.permission()).toBe('denied');
    permission = 'granted';
    expect(create().isOn()).toBe(false);
  });

  it('keeps what was chosen for this user of the browser alone', async () => {
    const settings = create();
    await settings.turnOn();
    settings.choose({ showsText: true, hasSound: false });
    const again = create();
    expect([again.isOn(), again.showsText(), again.hasSound()]).toEqual([true, true, false]);
    const other = create('grace');
    expect([other.isOn(), other.showsText(), other.hasSound()]).toEqual([false, false, true]);
  });

  it('follows another tab', async () => {
    const settings = create();
    await settings.turnOn();
    const key = 'mysms.notifications';
    localStorage.setItem(key, JSON.stringify({ userId: 'ada', isOn: false }));
    window.dispatchEvent(new StorageEvent('storage', { key }));
    expect(settings.isOn()).toBe(false);
  });

  it('is on only as long as the browser allows it', async () => {
    await create().turnOn();
    permission = 'denied';
    expect(create().isOn()).toBe(false);
  });

  it.each(['Notification', 'locks'])('is not supported without %s', (missing) => {
    if (missing === 'locks') Reflect.deleteProperty(navigator, 'locks');
    else Reflect.deleteProperty(globalThis, 'Notification');
    expect(create().permission()).toBe('unsupported');
  });

  it.each(['{', 'null', '[]', '{"userId":"grace","isOn":true}'])('reads %s as nothing', (text) => {
    permission = 'granted';
    localStorage.setItem('mysms.notifications', text);
    expect(create().isOn()).toBe(false);
  });
});
