import { provideHttpClient } from '@angular/common/http';
import {
  HttpTestingController,
  TestRequest,
  provideHttpClientTesting,
} from '@angular/common/http/testing';
import { ComponentFixture, TestBed } from '@angular/core/testing';
import { Location } from '@angular/common';
import { Router, provideRouter } from '@angular/router';
import { SessionStore } from '../../session/session-store';
import { SignInPage } from './sign-in-page';

describe('SignInPage with a second factor', () => {
  let fixture: ComponentFixture<SignInPage>;
  let page: HTMLElement;
  let http: HttpTestingController;

  beforeEach(async () => {
    vi.stubGlobal('matchMedia', () => ({ matches: false }));
    // jsdom has no layout.
    Object.assign(HTMLElement.prototype, { checkVisibility: () => true });
    localStorage.clear();
    TestBed.configureTestingModule({
      providers: [provideHttpClient(), provideHttpClientTesting(), provideRouter([])],
    });
    http = TestBed.inject(HttpTestingController);
    TestBed.inject(Router).initialNavigation();
    fixture = TestBed.createComponent(SignInPage);
    page = fixture.nativeElement as HTMLElement;
    document.body.append(page);
    fixture.autoDetectChanges();
    await settle();
    type('email', 'ada@example.com');
    type('password', 'correct horse');
    await submit();
    await refuse(401, 'second_factor_required');
  });

  afterEach(() => {
    http.verify();
    page.remove();
    vi.unstubAllGlobals();
    localStorage.clear();
  });

  it('asks for the code, in a field that is focused, described and made for it', () => {
    expect(page.querySelector('h1')?.textContent).toBe('One more step');
    const field = input('one-time-code');
    expect(document.activeElement).toBe(field);
    expect(field.inputMode).toBe('numeric');
    expect(field.autocomplete).toBe('one-time-code');
    expect(document.getElementById('auth-card-intro')?.textContent).toBe(
      'Enter the six-digit code from your authenticator app.',
    );
    expect(field.getAttribute('aria-describedby')).toBe('auth-card-intro');
    expect(page.querySelector('[type=password]')).toBeNull();
    expect(page.querySelector('[role=alert]')).toBeNull();
  });

  it('sends the same credentials with the digits, and keeps the step after a wrong code', async () => {
    type('one-time-code', '123 456');
    await submit();
    const request = await refuse(401, 'invalid_second_factor_code');
    expect(request.request.body).toEqual({
      user: {
        email: 'ada@example.com',
        password: 'correct horse',
        second_factor_code: '123456',
      },
    });
    expect(page.querySelector('[role=alert]')?.textContent).toContain(
      'This code is not valid, or was used already.',
    );
    expect(document.activeElement).toBe(input('one-time-code'));

    type('one-time-code', '234567');
    await submit();
    await refuse(429, 'rate_limited', { 'Retry-After': '60' });
    expect(page.textContent).toContain('Too many attempts. Try again in 60 seconds.');

    await submit();
    await refuse(0);
    expect(page.textContent).toContain("Can't reach the server.");

    await submit();
    const tokens = { access_token: 'a', token_type: 'bearer', expires_in: 900, refresh_token: 'r' };
    http.expectOne('/users/sign_in').flush({ _id: 'u1', email: 'ada@example.com', ...tokens });
    await settle();
    expect(TestBed.inject(SessionStore).user()?.id).toBe('u1');
    expect(JSON.stringify(localStorage)).not.toContain('correct horse');
  });

  it('takes a recovery code instead', async () => {
    await press('Use a recovery code');
    expect(document.activeElement).toBe(input('recovery-code'));
    type('recovery-code', ' abcd-efgh ');
    await submit();
    const request = await refuse(401, 'invalid_second_factor_code');
    expect(request.request.body).toMatchObject({ user: { second_factor_code: 'abcd-efgh' } });
    expect(page.querySelector('[role=alert]')?.textContent).toContain(
      'This code is not valid, or was used already.',
    );
    await press('Use the authenticator app');
    expect(document.activeElement).toBe(input('one-time-code'));
    expect(page.querySelector('[role=alert]')).toBeNull();
  });

  it('forgets everything for somebody else', async () => {
    await press('Not you?');
    expect(input('email').value).toBe('');
    expect(input('password').value).toBe('');
    expect(document.activeElement).toBe(input('email'));
    expect(TestBed.inject(Location).path()).not.toContain('step');
  });

  it('has an entry of its own in the history: going back leads to the password', async () => {
    const location = TestBed.inject(Location);
    expect(location.path()).toContain('step=code');
    location.back();
    await settle();
    expect(page.querySelector('h1')?.textContent).toBe('Sign in');
    expect(input('email').value).toBe('ada@example.com');
    expect(input('password').value).toBe('');
    expect(document.activeElement).toBe(input('password'));

    // The password is gone, so nothing leads forward but the password.
    location.forward();
    await settle();
    expect(page.querySelector('h1')?.textContent).toBe('Sign in');
    expect(location.path()).not.toContain('step');
    type('password', 'correct horse');
    await submit();
    await refuse(401, 'second_factor_required');
    expect(page.querySelector('h1')?.textContent).toBe('One more step');
  });

  it('says at the password that it does not match the email, until one of them is changed', async () => {
    await press('Not you?');
    for (const field of ['email', 'password']) {
      type('email', 'ada@example.com');
      type('password', 'wrong horse');
      await submit();
      await refuse(401, 'invalid_credentials');
      expect(page.querySelector('[role=alert]')?.textContent.trim()).toBe(
        'Email and password do not match.',
      );
      expect(document.activeElement).toBe(input('password'));
      expect(input('password').getAttribute('aria-describedby')).toBe('password-error');
      expect(input('email').getAttribute('aria-invalid')).toBeNull();
      type(field, 'ada@example.org');
      await settle();
      expect(page.querySelector('[role=alert]')).toBeNull();
    }
  });

  it('shows the password on demand', async () => {
    await press('Not you?');
    type('password', 'correct horse');
    const button = () => page.querySelector('.field__reveal');
    expect(button()?.getAttribute('aria-label')).toBe('Show password');
    button()?.dispatchEvent(new Event('click'));
    await settle();
    expect(input('password').type).toBe('text');
    expect(input('password').value).toBe('correct horse');
    expect(button()?.getAttribute('aria-label')).toBe('Hide password');
  });

  it('tells password managers whose code it is', () => {
    expect(page.querySelector<HTMLInputElement>('[autocomplete=username]')?.value).toBe(
      'ada@example.com',
    );
  });

  it('shows any error of the code at its field', async () => {
    type('one-time-code', '1'.repeat(200));
    await submit();
    await refuse(422, 'invalid_fields', {}, { second_factor_code: ['is too long'] });
    expect(page.querySelector('[role=alert]')?.textContent).toContain('This code is too long.');
  });

  async function settle(): Promise<void> {
    // The store awaits more than once, and what it changes is rendered after that.
    await new Promise((resolve) => setTimeout(resolve));
    await fixture.whenStable();
  }

  function input(name: string): HTMLInputElement {
    const found = page.querySelector<HTMLInputElement>(`input[name=${name}]`);
    if (!found) throw new Error(`There is no field ${name}`);
    return found;
  }

  function type(name: string, value: string): void {
    input(name).value = value;
    input(name).dispatchEvent(new Event('input'));
  }

  async function submit(): Promise<void> {
    page.querySelector('form')?.dispatchEvent(new Event('submit'));
    await settle();
  }

  async function press(text: string): Promise<void> {
    const buttons = [...page.querySelectorAll('button')];
    buttons.find((button) => button.textContent.trim() === text)?.click();
    await settle();
  }

  async function refuse(
    status: number,
    code = '',
    headers: Record<string, string> = {},
    errors: Record<string, string[]> = {},
  ): Promise<TestRequest> {
    const request = http.expectOne('/users/sign_in');
    if (status === 0) request.error(new ProgressEvent('error'));
    else request.flush({ code, errors }, { status, statusText: 'No', headers });
    await settle();
    return request;
  }
});
