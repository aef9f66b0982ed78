import { durationOf } from '../i18n/durations';
import { texts } from '../i18n/problem-texts';
import { Problem } from './problem';

/** The problem in plain words, and when to try again if the API says so. */
export function explain(problem: Problem): string {
  const { tryAgainIn, tryAgainSoon } = texts.problems;
  if (problem.status !== 429) return reasonOf(problem);
  const { retryAfterSeconds } = problem;
  const when = retryAfterSeconds ? tryAgainIn(durationOf(retryAfterSeconds)) : tryAgainSoon;
  return `${reasonOf(problem)} ${when}`;
}

/** The problem in plain words. */
export function reasonOf({ status, code, detail }: Problem): string {
  const known = texts.problems.byCode[code];
  if (known) return known;
  if (status === 429) return texts.problems.tooManyRequests;
  if (status >= 500) return texts.problems.server;
  if (detail) return detail;
  switch (status) {
    case 401:
      return texts.problems.unauthorized;
    case 404:
      return texts.problems.notFound;
    case 409:
      return texts.problems.conflict;
    default:
      return texts.problems.unknown;
  }
}
