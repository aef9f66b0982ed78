import { HttpErrorResponse, HttpHeaders } from '@angular/common/http';
import { describeProblem } from './describe-problem';
import { toProblem } from './problem';

function answer(status: number, error: unknown, headers: Record<string, string> = {}) {
  return new HttpErrorResponse({ status, error, headers: new HttpHeaders(headers) });
}

describe('toProblem', () => {
  it('parses a problem of the API', () => {
    const problem = toProblem(
      answer(422, {
        type: 'about:blank',
        title: 'Unprocessable Content',
        status: 422,
        detail: 'Some fields are invalid.',
        code: 'invalid_fields',
        errors: { email: ['has already been taken'] },
      }),
    );
    expect(problem).toMatchObject({
      status: 422,
      code: 'invalid_fields',
      detail: 'Some fields are invalid.',
      errors: { email: ['has already been taken'] },
    });
  });

  it.each([
    ['seconds', '7', 7],
    ['nothing that it knows', 'soon', undefined],
    ['a time that is over', 'Wed, 21 Oct 2015 07:28:00 GMT', 0],
    ['more than timers can wait', '2147484', 86_400],
    ['a number without an end', '9'.repeat(400), 86_400],
    ['a date far away', 'Tue, 01 Jan 2999 00:00:00 GMT', 86_400],
  ])('reads how long to wait: %s', (_, header, seconds) => {
    const problem = toProblem(answer(429, null, { 'Retry-After': header }));
    expect(problem.retryAfterSeconds).toBe(seconds);
  });

  it.each([
    ['a page of a proxy', answer(502, '<html>Bad gateway</html>')],
    ['nothing', answer(500, null)],
    ['something else', answer(500, { errors: 'odd', detail: 7 })],
  ])('survives %s', (_, error) => {
    expect(describeProblem(toProblem(error))).toBe('The server has a problem at the moment.');
  });

  it('keeps an unusual field name a field name', () => {
    const error: unknown = JSON.parse(
      '{"errors": {"__proto__": {"polluted": 1}, "constructor": ["odd"]}}',
    );
    expect(Object.keys(toProblem(answer(422, error)).errors)).toEqual(['__proto__', 'constructor']);
    expect('polluted' in {}).toBe(false);
  });
});

describe('describeProblem', () => {
  it.each([
    [
      'no answer',
      answer(0, new ProgressEvent('error')),
      "Can't reach the server. Check your connection.",
    ],
    [
      'a detail',
      answer(401, { detail: 'Invalid email or password.' }),
      'Invalid email or password.',
    ],
    [
      'haste',
      answer(429, { detail: 'Too many.' }),
      'Too many requests at once. Please wait a moment.',
    ],
    [
      'too many attempts',
      answer(429, { code: 'rate_limited' }, { 'Retry-After': '30' }),
      'Too many attempts. Try again in 30 seconds.',
    ],
    [
      'a quota of a minute',
      answer(429, { code: 'minute_quota' }, { 'Retry-After': '1' }),
      'You are sending too fast. Try again in 1 second.',
    ],
    [
      'a quota of a day',
      answer(429, { code: 'day_quota' }, { 'Retry-After': '17000' }),
      'You have reached your daily limit. Try again in 5 hours.',
    ],
    [
      'a quota of all',
      answer(429, { code: 'installation_quota' }, { 'Retry-After': '600' }),
      'This server has reached its daily limit. Try again in 10 minutes.',
    ],
    [
      'a country',
      answer(422, { code: 'country_not_allowed' }),
      'Messages to this country are not allowed here.',
    ],
    [
      'a database that is down',
      answer(503, { code: 'database_unavailable' }),
      "The server can't reach its database at the moment.",
    ],
    [
      'too much',
      answer(413, { code: 'request_too_large' }),
      'This is more than the server accepts at once.',
    ],
    ['a conflict', answer(409, null), 'This conflicts with an earlier change.'],
    ['a bug', new Error('a bug'), 'Something went wrong.'],
  ])('says %s in plain words', (_, error, words) => {
    expect(describeProblem(toProblem(error))).toBe(words);
  });

  it('describes a timeout', () => {
    const error = new HttpErrorResponse({ error: new DOMException('timed out', 'TimeoutError') });
    expect(describeProblem(toProblem(error))).toBe('The server took too long to respond.');
  });
});
