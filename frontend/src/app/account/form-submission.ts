import { ElementRef, Injector, inject, signal } from '@angular/core';
import { FormGroup } from '@angular/forms';
import { describeProblem } from '../api/describe-problem';
import { toProblem } from '../api/problem';
import { focusFirstInvalid } from '../ui/focus-first-invalid';
import { syncAutofill } from '../ui/sync-autofill';
import { setServerErrors } from '../ui/validators';

/** Submits a form, once at a time. The API's errors about fields are shown there, any other in `problem`. */
export class FormSubmission {
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef);
  readonly #injector = inject(Injector);
  readonly #busy = signal(false);
  readonly #problem = signal('');

  readonly busy = this.#busy.asReadonly();
  readonly problem = this.#problem.asReadonly();

  constructor(
    readonly form: FormGroup,
    readonly call: () => Promise<void>,
  ) {}

  async submit(): Promise<void> {
    if (this.#busy()) return;
    this.#problem.set('');
    syncAutofill(this.#host);
    this.form.markAllAsTouched();
    this.form.markAllAsDirty();
    if (this.form.valid) {
      this.#busy.set(true);
      try {
        await this.call();
      } catch (error) {
        this.#show(error);
      } finally {
        this.#busy.set(false);
      }
    }
    focusFirstInvalid(this.#host, this.#injector);
  }

  #show(error: unknown): void {
    const problem = toProblem(error);
    const others = setServerErrors(this.form.controls, problem.errors);
    if (others.length > 0) this.#problem.set(others.join(' '));
    else if (this.form.valid) this.#problem.set(describeProblem(problem));
  }
}
