import { ComponentFixture, TestBed } from '@angular/core/testing';
import { Observable, Subject, of, throwError } from 'rxjs';
import { Sending } from '../../api/models';
import { MessagesClient } from '../../messages/messages-client';
import { RecipientParser } from '../../messages/recipient-parser';
import { SendingSettings } from '../../messages/sending-settings';
import { loadPhoneNumberRules } from '../../phone-numbers/format-phone-number';
import { Welcome } from './welcome';

const SENDING: Sending = {
  paused: null,
  default_country: 'CH',
  sender: '+15005550006',
  simulator_url: null,
  pictures: null,
};

describe('Welcome', () => {
  let fixture: ComponentFixture<Welcome>;
  let page: HTMLElement;
  const opened = vi.fn<(number: string) => void>();

  beforeAll(loadPhoneNumberRules);

  beforeEach(() => {
    opened.mockClear();
    vi.stubGlobal('matchMedia', () => Object.assign(new EventTarget(), { matches: false }));
  });

  afterEach(() => {
    page.remove();
    vi.unstubAllGlobals();
  });

  it('opens the conversation with a number in any spelling', async () => {
    await open(of(SENDING));
    await type('079 123 45 67');
    expect(text('#first-recipient-hint')).toBe('→ +41 79 123 45 67, Switzerland');
    await submit();
    expect(opened).toHaveBeenCalledExactlyOnceWith('+41791234567');
  });

  it('opens what is in the field, and once, however long the default country takes', async () => {
    const country = new Subject<Sending>();
    await open(country);
    await type('079 123 45 67');
    await submit();
    await type('079 123 45 68');
    await submit();
    await submit();
    country.next(SENDING);
    await settle();
    expect(opened).toHaveBeenCalledExactlyOnceWith('+41791234568');
  });

  it('opens nothing while the number is being changed', async () => {
    const country = new Subject<Sending>();
    await open(country);
    await type('079 123 45 67');
    await submit();
    await type('079 123 45 6');
    country.next(SENDING);
    await settle();
    expect(opened).not.toHaveBeenCalled();
    expect(text('[role=alert]')).toBeUndefined();
  });

  it('does nothing once the page has been left', async () => {
    const country = new Subject<Sending>();
    await open(country);
    const emit = vi.spyOn(fixture.componentInstance.write, 'emit').mockReturnValue();
    await type('079 123 45 67');
    await submit();
    fixture.destroy();
    country.next(SENDING);
    await new Promise((resolve) => setTimeout(resolve));
    expect(emit).not.toHaveBeenCalled();
  });

  it('says what is wrong with a number until it is changed', async () => {
    await open(of(SENDING));
    await type('Ada');
    await submit();
    expect(opened).not.toHaveBeenCalled();
    expect(text('[role=alert]')).toBe(
      'Phone number has letters in it: write the number in digits.',
    );
    expect(document.activeElement).toBe(page.querySelector('input'));
    await type('Ad');
    expect(text('[role=alert]')).toBeUndefined();
  });

  it('says which number messages go out from, and nothing of a demo', async () => {
    await open(of(SENDING));
    expect(text('.welcome__from')).toBe('You send from +1 500 555 0006');
    expect(page.querySelector('.welcome__try')).toBeNull();
    expect(page.querySelector('a')).toBeNull();
  });

  it('offers numbers to try, and the simulated phone, beside the simulator', async () => {
    await open(of({ ...SENDING, simulator_url: 'http://127.0.0.1:8027' }));
    expect(text('.welcome__from')).toBe(
      'You send from +1 500 555 0006 · demo number, no real texts leave',
    );
    expect(page.querySelector('a')?.href).toBe('http://127.0.0.1:8027/');
    for (const button of page.querySelectorAll<HTMLElement>('.welcome__try button')) button.click();
    expect(opened.mock.calls.flat()).toEqual(['+15005551003', '+15005553003', '+15005551005']);
  });

  it('works without knowing any of that', async () => {
    await open(throwError(() => new Error('offline')));
    expect(page.querySelector('.welcome__from')).toBeNull();
    await type('079 123 45 67');
    await submit();
    expect(text('[role=alert]')).toMatch(/can't be checked at the moment/);
  });

  async function open(sending: Observable<Sending>): Promise<void> {
    TestBed.configureTestingModule({
      providers: [
        ...[RecipientParser, SendingSettings],
        { provide: MessagesClient, useValue: { sending: () => sending } },
      ],
    });
    fixture = TestBed.createComponent(Welcome);
    fixture.componentInstance.write.subscribe(opened);
    page = fixture.nativeElement as HTMLElement;
    document.body.append(page);
    await settle();
  }

  async function type(written: string): Promise<void> {
    const input = page.querySelector('input');
    if (!input) throw new Error('No input');
    input.value = written;
    input.dispatchEvent(new Event('input'));
    await fixture.whenStable();
  }

  async function submit(): Promise<void> {
    page.querySelector<HTMLElement>('button[type=submit]')?.click();
    await settle();
  }

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve));
      await fixture.whenStable();
    }
  }

  function text(selector: string): string | undefined {
    return page.querySelector(selector)?.textContent.replace(/\s+/g, ' ').trim();
  }
});
