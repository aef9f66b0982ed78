import { Observable, catchError, defer, map, of, throwError } from 'rxjs';
import { Poll } from '../../api/poll';

/** So many attempts in a row take a minute; then the user decides. */
export const MOST_ATTEMPTS = 6;

/** A failure that is not retried, whatever it is. */
class LastFailure {
  constructor(readonly error: unknown) {}
}

/** As `Poll.untilDone`, with an end. */
export function persistently<T>(poll: Poll, work: () => Observable<T>): Observable<T> {
  return defer(() => {
    let attempts = 0;
    const attempt = (): Observable<T | LastFailure> => {
      attempts += 1;
      return work().pipe(
        catchError((error: unknown) =>
          attempts < MOST_ATTEMPTS ? throwError(() => error) : of(new LastFailure(error)),
        ),
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
