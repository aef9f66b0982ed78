import { formatDuration } from '../i18n/durations';
import { problemTexts } from '../i18n/problem-texts';
import { Problem } from './problem';

/** The problem in plain words, and when to try again if the API says so. */
export function describeProblem(problem: Problem): string {
  const { tryAgainIn, tryAgainSoon } = problemTexts;
  if (problem.status !== 429) return problemReason(problem);
  const { retryAfterSeconds } = problem;
  const when = retryAfterSeconds ? tryAgainIn(formatDuration(retryAfterSeconds)) : tryAgainSoon;
  return `${problemReason(problem)} ${when}`;
}

/** The problem in plain words. */
export function problemReason({ status, code, detail }: Problem): string {
  const known = problemTexts.byCode[code];
  if (known) return known;
  if (status === 429) return problemTexts.tooManyRequests;
  if (status >= 500) return problemTexts.server;
  if (detail) return detail;
  switch (status) {
    case 401:
      return problemTexts.unauthorized;
    case 404:
      return problemTexts.notFound;
    case 409:
      return problemTexts.conflict;
    default:
      return problemTexts.unknown;
  }
}
