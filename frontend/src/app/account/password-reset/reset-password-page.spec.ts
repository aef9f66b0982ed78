import { provideHttpClient } from '@angular/common/http';
import {
  HttpTestingController,
  TestRequest,
  provideHttpClientTesting,
} from '@angular/common/http/testing';
import { Location } from '@angular/common';
import { ChangeDetectionStrategy, Component } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import { RouterTestingHarness } from '@angular/router/testing';
import { SessionStore } from '../../session/session-store';
import { passwordResetRoutes } from './password-reset.routes';

@Component({ changeDetection: ChangeDetectionStrategy.OnPush, template: 'the sign-in page' })
class SignIn {}

describe('ResetPasswordPage', () => {
  let harness: RouterTestingHarness;
  let http: HttpTestingController;

  beforeEach(async () => {
    vi.stubGlobal('matchMedia', () => ({ matches: false }));
    // jsdom has no layout.
    Object.assign(HTMLElement.prototype, { checkVisibility: () => true });
    localStorage.clear();
    TestBed.configureTestingModule({
      providers: [
        provideHttpClient(),
        provideHttpClientTesting(),
        provideRouter([...passwordResetRoutes, { path: 'sign-in', component: SignIn }]),
      ],
    });
    http = TestBed.inject(HttpTestingController);
    harness = await RouterTestingHarness.create();
  });

  afterEach(() => {
    http.verify();
    vi.unstubAllGlobals();
    localStorage.clear();
    sessionStorage.clear();
  });

  it('takes the token out of the address, and sends it with the new password only', async () => {
    await open('/reset-password#a-token');
    expect(TestBed.inject(Location).path(true)).toBe('/reset-password');
    expect(page().querySelector('h1')?.textContent).toBe('Choose a new password');
    await submit('a long new password');
    const request = await refuse({ password: ['is too common'] });
    expect(request.request.body).toEqual({
      user: {
        token: 'a-token',
        password: 'a long new password',
        password_confirmation: 'a long new password',
      },
    });
    expect(page().querySelector('[role=alert]')?.textContent.trim()).toBe(
      'New password is too common.',
    );
    expect(JSON.stringify([localStorage, sessionStorage, history.state])).not.toContain('a-token');

    await submit('an even longer password');
    http.expectOne('/users/password_reset').flush(null);
    await settle();
    expect(page().textContent).toContain('the sign-in page');
    expect(TestBed.inject(SessionStore).signOutReason()).toBe('password-reset');

    // Going back finds no token any more.
    await open('/reset-password');
    expect(page().querySelector('h1')?.textContent).toBe('Open the link once more');
  });

  it('says that the link does not work any more, until another one is opened', async () => {
    await open('/reset-password#old');
    await submit('a long new password');
    await refuse({ token: ['is not valid any more'] });
    expect(page().querySelector('h1')?.textContent).toBe("This link doesn't work any more");
    expect(page().querySelector('form')).toBeNull();
    const next = page().querySelector('a');
    expect(next?.getAttribute('href')).toBe('/forgot-password');
    expect(document.activeElement).toBe(next);
    expect(page().querySelector('a[href="/sign-in"]')?.textContent).toBe('Back to sign in');
    const why = document.getElementById(next?.getAttribute('aria-describedby') ?? '');
    expect(why?.textContent).toBe(
      'The link was used already, is older than 30 minutes, or the password has been changed since. Nothing was changed by this.',
    );

    await open('/reset-password#newer');
    expect(page().querySelector('h1')?.textContent).toBe('Choose a new password');
  });

  it('does not take a missing answer for a refusal', async () => {
    await open('/reset-password#a-token');
    await submit('a long new password');
    http.expectOne('/users/password_reset').error(new ProgressEvent('error'));
    await settle();
    expect(page().querySelector('[role=alert]')?.textContent).toContain("Can't reach the server.");
    await submit('a long new password');
    http.expectOne('/users/password_reset').flush(null);
    await settle();
  });

  const page = () => harness.fixture.nativeElement as HTMLElement;

  async function open(url: string): Promise<void> {
    await harness.navigateByUrl(url);
    await settle();
  }

  async function settle(): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      await new Promise((resolve) => setTimeout(resolve));
      harness.fixture.detectChanges();
      await harness.fixture.whenStable();
    }
  }

  async function submit(password: string): Promise<void> {
    for (const field of page().querySelectorAll('input')) {
      field.value = password;
      field.dispatchEvent(new Event('input'));
    }
    page().querySelector('form')?.dispatchEvent(new Event('submit'));
    await settle();
  }

  async function refuse(errors: object): Promise<TestRequest> {
    const request = http.expectOne('/users/password_reset');
    request.flush({ code: 'invalid_fields', errors }, { status: 422, statusText: 'No' });
    await settle();
    return request;
  }
});
