import { TestBed } from '@angular/core/testing';
import { PRIMARY_OUTLET, Router, UrlTree } from '@angular/router';
import { appConfig } from './app.config';

describe('The address', () => {
  const parse = (url: string) => TestBed.inject(Router).parseUrl(url);

  beforeEach(() => {
    TestBed.configureTestingModule({ providers: appConfig.providers });
  });

  it.each([
    '+44 (0)20 7946 0958',
    '+1 (415) 555-2671',
    '(415) 555-2671',
    '+14155552671;ext=12',
    '+14155552671;',
    '+1415)5552671',
    'a//b?c#d%',
  ])('holds %s as one segment', (peer) => {
    expect(segments(parse(`/messages/${encodeURIComponent(peer)}`))).toEqual(['messages', peer]);
    // Some programs leave as it is what a browser would have encoded.
    const bare = `/messages/${encodeURIComponent(peer).replaceAll('%3B', ';')}`;
    expect(segments(parse(bare))).toEqual(['messages', peer]);
  });

  it('leaves brackets and semicolons after the path alone', () => {
    const { queryParams, fragment } = parse('/sign-in?returnTo=/messages/(1);a#(b);c');
    expect(queryParams).toEqual({ returnTo: '/messages/(1);a' });
    expect(fragment).toBe('(b);c');
  });

  it('parses to the same tree after serializing', () => {
    const router = TestBed.inject(Router);
    const written = router.serializeUrl(parse('/messages/+44%20(0)20;1?a=(1);#(2);'));
    expect(segments(parse(written))).toEqual(['messages', '+44 (0)20;1']);
    expect(router.serializeUrl(parse(written))).toBe(written);
  });
});

/** Those of the page, where nothing in the path was taken for anything else. */
function segments({ root }: UrlTree): string[] {
  expect(Object.keys(root.children)).toEqual([PRIMARY_OUTLET]);
  const page = root.children[PRIMARY_OUTLET];
  expect(page?.children).toEqual({});
  return (page?.segments ?? []).map(({ path, parameters }) => {
    expect(parameters).toEqual({});
    return path;
  });
}
