import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { signal } from '@angular/core';
import { ComponentFixture, TestBed } from '@angular/core/testing';
import { of } from 'rxjs';
import { SessionStore } from '../../session/session-store';
import { SecondFactor } from './second-factor';
import { UnsavedCodes } from './unsaved-codes';

const URL_ = '/users/second_factor';
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const CODES = Array.from({ length: 10 }, (_, index) => `aaaa-bbb${index}`);

describe('SecondFactor', () => {
  let fixture: ComponentFixture<SecondFactor>;
  let panel: HTMLElement;
  let http: HttpTestingController;
  const status = signal('signed-in');

  beforeEach(async () => {
    vi.stubGlobal('matchMedia', () => ({ matches: false }));
    TestBed.configureTestingModule({
      providers: [
        provideHttpClient(),
        provideHttpClientTesting(),
        {
          provide: SessionStore,
          useValue: {
            statusChanges: of('signed-in'),
            status,
            user: signal({ id: 'u1', email: 'ada@example.com' }),
          },
        },
      ],
    });
    http = TestBed.inject(HttpTestingController);
    fixture = TestBed.createComponent(SecondFactor);
    panel = fixture.nativeElement as HTMLElement;
    document.body.append(panel);
    fixture.autoDetectChanges();
    await fixture.whenStable();
  });

  afterEach(() => {
    http.verify();
    panel.remove();
    vi.unstubAllGlobals();
  });

  it('is set up with the password, the QR code and the first code, and shows the recovery codes once', async () => {
    await answer('GET', { enabled: false, recovery_codes_left: 0 });
    await press('Set up…');
    expect(document.activeElement).toBe(panel.querySelector('input[type=password]'));
    expect(panel.querySelector<HTMLInputElement>('[autocomplete=username]')?.value).toBe(
      'ada@example.com',
    );
    await type('wrong');
    await refuse('POST', { password: ['is invalid'] });
    expect(alert()).toBe('Your password is invalid.');
    await type('correct horse');
    await answer('POST', { secret: SECRET, otpauth_uri: `otpauth://totp/x?secret=${SECRET}` });

    expect(panel.querySelector('code')?.textContent).toBe(SECRET);
    expect(panel.querySelector('a')?.href).toBe(`otpauth://totp/x?secret=${SECRET}`);
    await vi.waitFor(() => {
      expect(panel.querySelector('app-qr-code path')?.getAttribute('d')).toMatch(/^M4 4h1v1h-1z/);
    });
    await type('12 34 56');
    expect(await refuse('PUT', { code: ['is not valid'] })).toEqual({ user: { code: '123456' } });
    expect(alert()).toBe('This code is not valid.');
    await type('234567');
    await answer('PUT', { recovery_codes: CODES });

    expect(panel.querySelector('pre')?.textContent).toBe(CODES.join('\n'));
    expect(document.activeElement?.textContent).toBe('Your recovery codes');
    expect(done()).toBe('Two-step sign-in is on.');
    expect(await savedText()).toMatch(
      /^MySMS Messenger: recovery codes\n\nAccount: ada@example\.com\nMade on: .*\d{4}.*\n\n[^]*Each works once\.[^]*\n\naaaa-bbb0\n[^]*aaaa-bbb9\n$/,
    );
    await press('I have saved them');
    expect(panel.textContent).not.toContain(CODES[0]);
    expect(panel.textContent).not.toContain(SECRET);
    expect(panel.textContent).toContain('10 recovery codes are left.');
    expect(document.activeElement?.id).toBe('second-factor');
  });

  it('makes new recovery codes, and is turned off, with the password', async () => {
    await answer('GET', { enabled: true, recovery_codes_left: 1 });
    expect(panel.textContent).toMatch(/1 recovery code is left\.\s+Make new ones/);
    await press('New recovery codes…');
    await type('correct horse');
    await answer('POST', { recovery_codes: CODES }, `${URL_}/recovery_codes`);
    expect(panel.querySelector('pre')?.textContent).toContain(CODES[9]);
    await press('I have saved them');

    await press('Turn off…');
    await type('correct horse');
    const asked = await answer('DELETE', null);
    expect(asked).toEqual({ user: { password: 'correct horse' } });
    expect(done()).toBe('Two-step sign-in is off.');
    expect(panel.textContent).toContain('Set up…');
  });

  it('warns before another phone is set up, and says afterwards that it is used', async () => {
    await answer('GET', { enabled: true, recovery_codes_left: 9 });
    await press('Use another phone…');
    expect(panel.textContent).toContain('the old one and all your recovery codes stop working');
    await type('correct horse');
    await answer('POST', { secret: SECRET, otpauth_uri: `otpauth://totp/x?secret=${SECRET}` });
    await type('234567');
    await answer('PUT', { recovery_codes: CODES });
    expect(done()).toBe('Your new phone is set up. You have new recovery codes.');
  });

  it('asks before recovery codes are left that were not saved', async () => {
    const unsaved = TestBed.inject(UnsavedCodes);
    const mayUnload = () => dispatchEvent(new Event('beforeunload', { cancelable: true }));
    HTMLDialogElement.prototype.showModal = () => undefined;
    await answer('GET', { enabled: true, recovery_codes_left: 9 });
    expect([unsaved.mayLeave(), mayUnload()]).toEqual([true, true]);
    await press('New recovery codes…');
    await type('correct horse');
    await answer('POST', { recovery_codes: CODES }, `${URL_}/recovery_codes`);
    const labels = [...panel.querySelectorAll('button')].map((button) => button.textContent.trim());
    expect(labels).toEqual(['Copy', 'Download', 'I have saved them']);
    expect(mayUnload()).toBe(false);

    const asked = unsaved.mayLeave();
    await settle();
    expect(panel.querySelector('h2#confirm-dialog-title')?.textContent).toContain('Leave without');
    unsaved.answer(false);
    expect(await asked).toBe(false);

    await savedText();
    expect([unsaved.mayLeave(), mayUnload()]).toEqual([true, true]);
  });

  it('does not say that it is loading while the session cannot be renewed', async () => {
    expect(panel.textContent).toContain('Loading…');
    status.set('unavailable');
    await settle();
    expect(panel.textContent).not.toContain('Loading…');
    status.set('signed-in');
    await answer('GET', { enabled: false, recovery_codes_left: 0 });
  });

  it('is not changed by cancelling', async () => {
    await answer('GET', { enabled: true, recovery_codes_left: 10 });
    await press('Turn off…');
    await press('Cancel');
    expect(panel.textContent).toContain('10 recovery codes are left.');
  });

  it('says why it cannot be loaded, and tries again', async () => {
    http.expectOne(URL_).flush(null, { status: 503, statusText: 'No' });
    await settle();
    expect(panel.textContent).toContain('The server has a problem at the moment.');
    await press('Try again');
    await answer('GET', { enabled: false, recovery_codes_left: 0 });
    expect(panel.textContent).toContain('Set up…');
  });

  const alert = () => panel.querySelector('[role=alert]')?.textContent.trim();
  const done = () => panel.querySelector('[role=status].settings-group__done')?.textContent;

  async function settle(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    await fixture.whenStable();
  }

  async function savedText(): Promise<string> {
    let saved = new Blob();
    const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockReturnValue();
    Object.assign(URL, {
      createObjectURL: (blob: Blob) => {
        saved = blob;
        return 'blob:';
      },
      revokeObjectURL: () => undefined,
    });
    await press('Download');
    click.mockRestore();
    return saved.text();
  }

  async function press(text: string): Promise<void> {
    const buttons = [...panel.querySelectorAll('button')];
    const button = buttons.find(({ textContent }) => textContent.trim() === text);
    if (!button) throw new Error(`There is no button ${text}`);
    button.click();
    await settle();
  }

  /** Into the only field, and submits it. */
  async function type(value: string): Promise<void> {
    const field = panel.querySelector<HTMLInputElement>('input:not([hidden])');
    if (!field) throw new Error('There is no field');
    field.value = value;
    field.dispatchEvent(new Event('input'));
    panel.querySelector('form')?.dispatchEvent(new Event('submit'));
    await settle();
  }

  async function answer(method: string, body: object | null, url = URL_): Promise<unknown> {
    const { request, flush } = expectOne(method, url);
    flush(body);
    await settle();
    return request.body;
  }

  async function refuse(method: string, errors: object): Promise<unknown> {
    const { request, flush } = expectOne(method, URL_);
    flush({ code: 'invalid_fields', errors }, { status: 422, statusText: 'No' });
    await settle();
    return request.body;
  }

  function expectOne(method: string, url: string) {
    const test = http.expectOne({ method, url });
    return { request: test.request, flush: test.flush.bind(test) };
  }
});
