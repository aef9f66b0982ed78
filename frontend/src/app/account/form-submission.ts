import { ElementRef, Injector, inject, signal } from '@angular/core';
import { FormGroup } from '@angular/forms';
import { explain } from '../api/describe-problem';
import { toProblem } from '../api/problem';
import { focusFirstInvalid } from '../ui/focus-first-invalid';
import { takeFilledIn } from '../ui/sync-autofill';
import { setServerErrors } from '../ui/validators';

/** Sends a form, once at a time. What is wrong with a field is said there, all else in `problem`. */
export class Submission {
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
    takeFilledIn(this.#host);
    this.form.markAllAsTouched();
    this.form.markAllAsDirty();
    if (this.form.valid) {
      this.#busy.set(true);
      try {
        await this.call();
      } catch (error) {
        this.#tell(error);
      } finally {
        this.#busy.set(false);
      }
    }
    focusFirstInvalid(this.#host, this.#injector);
  }

  #tell(error: unknown): void {
    const problem = toProblem(error);
    const others = setServerErrors(this.form.controls, problem.errors);
    if (others.length > 0) this.#problem.set(others.join(' '));
    else if (this.form.valid) this.#problem.set(explain(problem));
  }
}
