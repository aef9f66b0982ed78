import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { ComponentFixture, TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import { ForgotPasswordPage } from './forgot-password-page';

const URL_ = '/users/password_reset';
const WITHOUT_MAIL =
  'Ask the person who runs this server for a new password: the command mysms reset';

describe('ForgotPasswordPage', () => {
  let fixture: ComponentFixture<ForgotPasswordPage>;
  let page: HTMLElement;
  let http: HttpTestingController;

  beforeEach(async () => {
    vi.stubGlobal('matchMedia', () => ({ matches: false }));
    // jsdom has no layout.
    Object.assign(HTMLElement.prototype, { checkVisibility: () => true });
    TestBed.configureTestingModule({
      providers: [provideHttpClient(), provideHttpClientTesting(), provideRouter([])],
    });
    http = TestBed.inject(HttpTestingController);
    fixture = TestBed.createComponent(ForgotPasswordPage);
    page = fixture.nativeElement as HTMLElement;
    document.body.append(page);
    fixture.autoDetectChanges();
    await settle();
  });

  afterEach(() => {
    http.verify();
    page.remove();
    vi.unstubAllGlobals();
  });

  it('says the same for every email, and can ask again', async () => {
    await answer({ by_mail: true });
    await submit(' ada@example.com ');
    const request = http.expectOne({ method: 'POST', url: URL_ });
    expect(request.request.body).toEqual({ user: { email: 'ada@example.com' } });
    request.flush(null, { status: 202, statusText: 'Accepted' });
    await settle();
    expect(page.textContent).toContain(
      'If there is an account with this email, a mail is on its way. The link in it works for 30 minutes.',
    );
    expect(document.activeElement?.textContent).toBe('Check your mail');

    page.querySelector('button')?.click();
    await settle();
    await submit('ada@example.com');
    http
      .expectOne(URL_)
      .flush(
        { code: 'rate_limited' },
        { status: 429, statusText: 'No', headers: { 'Retry-After': '120' } },
      );
    await settle();
    expect(page.textContent).toContain('Too many attempts. Try again in 2 minutes.');
  });

  it('says whom to ask where the server sends no mail', async () => {
    await answer({ by_mail: false });
    expect(page.textContent).toContain(WITHOUT_MAIL);
    expect(page.querySelector('form')).toBeNull();
  });

  it('says so too where the setting has been removed meanwhile', async () => {
    await answer({ by_mail: true });
    await submit('ada@example.com');
    http
      .expectOne(URL_)
      .flush({ code: 'mail_not_configured' }, { status: 409, statusText: 'Conflict' });
    await settle();
    expect(page.textContent).toContain(WITHOUT_MAIL);
  });

  async function settle(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    await fixture.whenStable();
  }

  async function answer(body: object): Promise<void> {
    http.expectOne({ method: 'GET', url: URL_ }).flush(body);
    await settle();
  }

  async function submit(email: string): Promise<void> {
    const field = page.querySelector('input');
    if (!field) throw new Error('There is no field');
    field.value = email;
    field.dispatchEvent(new Event('input'));
    page.querySelector('form')?.dispatchEvent(new Event('submit'));
    await settle();
  }
});
