import { Observable, catchError, defer, map, of, throwError } from 'rxjs';
import { Poll } from '../../api/poll';
import { toProblem } from '../../api/problem';

/** So many attempts in a row that reach the API take about a minute; then the user decides. */
export const MOST_ATTEMPTS = 6;
/** Who is told to wait for longer decides, too. */
const LONGEST_WAIT_SECONDS = 60;

/** A failure that is not retried, whatever it is. */
class LastFailure {
  constructor(readonly error: unknown) {}
}

/** As `Poll.untilDone`, with an end, unless there is no network: then it waits, as messages do. */
export function persistently<T>(
  poll: Poll,
  isReachable: () => boolean,
  work: () => Observable<T>,
): Observable<T> {
  return defer(() => {
    let attempts = 0;
    const attempt = (): Observable<T | LastFailure> => {
      return work().pipe(
        catchError((error: unknown) => {
          const { retryAfterSeconds = 0 } = toProblem(error);
          if (isReachable()) attempts += 1;
          const isLast = attempts >= MOST_ATTEMPTS || retryAfterSeconds > LONGEST_WAIT_SECONDS;
          return isLast ? of(new LastFailure(error)) : throwError(() => error);
        }),
      );
    };
    return poll.untilDone(attempt).pipe(
      map((result) => {
        if (result instanceof LastFailure) throw result.error;
        return result;
      }),
    );
  });
}
