import { TestBed } from '@angular/core/testing';
import { Router, UrlSerializer } from '@angular/router';
import { PlainPathSerializer } from './plain-path-serializer';
import { returnUrl } from './session/return-url';

describe('returnUrl', () => {
  it.each([
    '//other.example/path',
    '///other.example',
    '////other.example',
    'https://other.example/',
    'javascript:alert(1)',
    '/\\other.example',
    '\\\\other.example',
    '/;//other.example',
    '(//other.example)',
  ])('never leads to another site: %s', (returnTo) => {
    TestBed.configureTestingModule({
      providers: [{ provide: UrlSerializer, useClass: PlainPathSerializer }],
    });
    const router = TestBed.inject(Router);
    const url = router.serializeUrl(
      returnUrl(router, `/sign-in?returnTo=${encodeURIComponent(returnTo)}`),
    );
    expect(new URL(url, 'https://app.example').origin).toBe('https://app.example');
  });
});
