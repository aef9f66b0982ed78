import { Signal, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { EMPTY, Observable, catchError, tap } from 'rxjs';
import { describeProblem } from '../api/describe-problem';
import { Poll } from '../api/poll';
import { isTransient, toProblem } from '../api/problem';
import { accountTexts } from '../i18n/account-texts';

interface Question<T> {
  /** Undefined until it is known. */
  readonly answer: Signal<T | undefined>;
  /** Why it is not known, and whether that is retried. */
  readonly problem: Signal<string>;
}

/** In an injection context: asks the API what a page depends on, until it answers. */
export function untilKnown<T>(call: Observable<T>): Question<T> {
  const answer = signal<T | undefined>(undefined);
  const problem = signal('');
  const ask = call.pipe(
    tap({
      error: (error: unknown) => {
        const why = toProblem(error);
        const retrying = isTransient(why) ? ` ${accountTexts.retrying}` : '';
        problem.set(describeProblem(why) + retrying);
      },
    }),
  );
  inject(Poll)
    .untilDone(() => ask)
    .pipe(
      catchError(() => EMPTY),
      takeUntilDestroyed(),
    )
    .subscribe((value) => {
      answer.set(value);
    });
  return { answer: answer.asReadonly(), problem: problem.asReadonly() };
}
