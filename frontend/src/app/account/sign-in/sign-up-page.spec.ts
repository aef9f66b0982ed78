import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import { EMPTY } from 'rxjs';
import { RANDOM } from '../../api/backoff';
import { SessionStore } from '../../session/session-store';
import { TypedEmail } from '../typed-email';
import { SignUpPage } from './sign-up-page';

const INTRO = 'You can send your first text in a minute.';

describe('SignUpPage', () => {
  let page: HTMLElement;

  beforeEach(async () => {
    vi.useFakeTimers();
    vi.stubGlobal('matchMedia', () => ({ matches: false }));
    TestBed.configureTestingModule({
      providers: [
        provideHttpClient(),
        provideHttpClientTesting(),
        provideRouter([]),
        { provide: RANDOM, useValue: () => 0 },
        {
          provide: SessionStore,
          useValue: { user: signal(undefined), statusChanges: EMPTY },
        },
      ],
    });
    TestBed.inject(TypedEmail).value = 'ada@example.com';
    const fixture = TestBed.createComponent(SignUpPage);
    fixture.autoDetectChanges();
    page = fixture.nativeElement as HTMLElement;
    await settle();
  });

  afterEach(() => {
    TestBed.resetTestingModule();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('shows no form before the sign-up policy is known, and says that it retries', async () => {
    expect(page.textContent).not.toContain(INTRO);
    await answer(503);
    expect(words()).toContain('The server has a problem at the moment. Retrying…');
    expect(page.textContent).not.toContain(INTRO);
    await vi.advanceTimersByTimeAsync(1_500);
    await answer(200);
    expect(page.textContent).toContain(INTRO);
    expect(page.textContent).not.toContain('Retrying');
  });

  it('begins with the email of the page before', async () => {
    await answer(200);
    expect(page.querySelector<HTMLInputElement>('input[name=email]')?.value).toBe(
      'ada@example.com',
    );
  });

  it('does not retry after a permanent error', async () => {
    await answer(404);
    expect(words()).toContain("This address doesn't exist on the server.");
    expect(page.textContent).not.toContain('Retrying');
  });

  async function answer(status: number): Promise<void> {
    const request = TestBed.inject(HttpTestingController).expectOne('/users/sign_up');
    if (status === 200) request.flush({ mode: 'open' });
    else request.flush(null, { status, statusText: 'No' });
    await settle();
  }

  async function settle(): Promise<void> {
    TestBed.tick();
    await vi.advanceTimersByTimeAsync(0);
    TestBed.tick();
  }

  const words = (): string => page.textContent.replace(/\s+/g, ' ');
});
