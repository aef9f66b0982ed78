import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  Injector,
  afterNextRender,
  inject,
  signal,
  viewChild,
} from '@angular/core';
import { FormControl, FormGroup, ReactiveFormsModule } from '@angular/forms';
import { UserStorage } from '../session/user-storage';
import { accountTexts } from '../i18n/account-texts';
import { signOutTexts } from '../i18n/sign-out-texts';
import { Autofocus } from '../ui/autofocus';
import { Busy } from '../ui/busy';
import { Field } from '../ui/field';
import { Notice } from '../ui/notice';
import { KeepFocusOnPress } from '../ui/keep-focus-on-press';
import { requiredPassword } from '../ui/validators';
import { AccountStore } from './account-store';
import { FormSubmission } from './form-submission';

@Component({
  selector: 'app-delete-account',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Autofocus, Busy, Field, Notice, ReactiveFormsModule, KeepFocusOnPress],
  template: `
    <header>
      <h2 id="delete-account">{{ texts.title }}</h2>
      <p>{{ texts.intro }}</p>
    </header>
    @if (asks()) {
      <form appAutofocus novalidate [formGroup]="form" (ngSubmit)="submission.submit()">
        <app-field
          name="delete-password"
          type="password"
          autocomplete="current-password"
          [label]="texts.confirm"
          [control]="form.controls.password"
        />
        @if (unsent(); as unsent) {
          <p>{{ signOutTexts.withAccount(unsent) }}</p>
        }
        @if (submission.problem(); as problem) {
          <app-notice>{{ problem }}</app-notice>
        }
        <div class="panel__footer">
          <button
            appKeepFocusOnPress
            type="submit"
            class="button button--danger"
            [appBusy]="submission.busy()"
          >
            {{ submission.busy() ? texts.submitting : texts.submit }}
          </button>
          <button type="button" class="button button--quiet" (click)="keep()">
            {{ texts.cancel }}
          </button>
        </div>
      </form>
    } @else {
      <div class="panel__footer">
        <button #begin type="button" class="button button--danger-quiet" (click)="ask()">
          {{ texts.begin }}
        </button>
      </div>
    }
  `,
  host: { class: 'panel', role: 'region', 'aria-labelledby': 'delete-account' },
})
export class DeleteAccount {
  readonly #store = inject(AccountStore);
  readonly #injector = inject(Injector);
  readonly #userStorage = inject(UserStorage);

  protected readonly begin = viewChild<ElementRef<HTMLElement>>('begin');

  protected readonly texts = accountTexts.deleteAccount;
  protected readonly signOutTexts = signOutTexts;
  protected readonly asks = signal(false);
  /** What deleting the account would delete from this browser too. */
  protected readonly unsent = signal(this.#userStorage.unsentCounts());
  protected readonly form = new FormGroup({
    password: new FormControl('', { nonNullable: true, validators: requiredPassword }),
  });
  protected readonly submission = new FormSubmission(this.form, () =>
    this.#store.deleteAccount(this.form.getRawValue().password),
  );

  protected ask(): void {
    this.unsent.set(this.#userStorage.unsentCounts());
    this.asks.set(true);
  }

  protected keep(): void {
    this.asks.set(false);
    this.form.reset();
    afterNextRender(() => this.begin()?.nativeElement.focus(), { injector: this.#injector });
  }
}
