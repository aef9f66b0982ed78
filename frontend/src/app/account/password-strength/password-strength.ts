import { ChangeDetectionStrategy, Component, computed, input, signal } from '@angular/core';
import { takeUntilDestroyed, toObservable } from '@angular/core/rxjs-interop';
import { FormControl } from '@angular/forms';
import { debounceTime, startWith, switchMap, tap } from 'rxjs';
import { accountTexts } from '../../i18n/account-texts';
import { controlEvents } from '../../ui/control-events';
import { showsErrors } from '../../ui/validators';
import { MIN_PASSWORD_LENGTH } from '../new-password/new-password-controls';
import type { Strength } from './estimate-strength';

/** The user has stopped typing. */
const PAUSE_MS = 400;

/**
 * Says how strong a new password is, once the user pauses. It only advises: the API decides. What it needs is loaded after
 * the first letter; if that fails, it says nothing. Nor does it where the field shows an error, which it might contradict.
 */
@Component({
  selector: 'app-password-strength',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @if (hasPlace()) {
      <div class="password-strength__bar" aria-hidden="true">
        @for (part of [1, 2, 3, 4]; track part) {
          <span [class.password-strength__part--on]="part <= parts()"></span>
        }
      </div>
    }
    <p class="field__hint" aria-live="polite">{{ text() }}</p>
  `,
  host: {
    class: 'password-strength',
    '[class.password-strength--placed]': 'hasPlace()',
    '[attr.data-strength]': 'shown()',
  },
})
export class PasswordStrength {
  readonly control = input.required<FormControl<string>>();
  /** Of whom the password is, as far as that is known. */
  readonly email = input('');

  readonly #events = controlEvents(this.control);

  readonly #strength = signal<Strength | 'too-short' | undefined>(undefined);
  /** From the first letter on: what moved the button below when it is said would be in the way of who presses it. */
  protected readonly hasPlace = computed(() => {
    this.#events();
    return this.control().value !== '' && !showsErrors(this.control());
  });
  /** Undefined while there is nothing to say. */
  protected readonly shown = computed(() => {
    this.#events();
    return showsErrors(this.control()) ? undefined : this.#strength();
  });
  protected readonly parts = computed(() => {
    const strength = this.shown();
    return strength === undefined ? 0 : Math.max(1, Number(strength) || 0);
  });
  protected readonly text = computed(() => {
    const strength = this.shown();
    if (strength === undefined) return '';
    return strength === 'too-short'
      ? accountTexts.passwordTooShort
      : accountTexts.passwordStrengths[strength];
  });

  constructor() {
    toObservable(this.control)
      .pipe(
        switchMap((control) => control.valueChanges.pipe(startWith(control.value))),
        tap((password) => {
          if (password === '') this.#strength.set(undefined);
          else load().catch(() => undefined);
        }),
        debounceTime(PAUSE_MS),
        switchMap((password) => this.#estimate(password).catch(() => undefined)),
        takeUntilDestroyed(),
      )
      .subscribe((strength) => {
        this.#strength.set(strength);
      });
  }

  async #estimate(password: string): Promise<Strength | 'too-short' | undefined> {
    if (password === '') return undefined;
    const { estimateStrength } = await load();
    const isTooShort = Array.from(password.normalize('NFC')).length < MIN_PASSWORD_LENGTH;
    return isTooShort ? 'too-short' : estimateStrength(password, this.email());
  }
}

function load() {
  return import('./estimate-strength');
}
