import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  Injector,
  afterNextRender,
  computed,
  inject,
  signal,
  viewChild,
} from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { FormGroup, ReactiveFormsModule } from '@angular/forms';
import { ActivatedRoute, Router, RouterLink } from '@angular/router';
import { toProblem } from '../../api/problem';
import { accountTexts } from '../../i18n/account-texts';
import { SessionStore } from '../../session/session-store';
import { Autofocus } from '../../ui/autofocus';
import { FormFooter } from '../form-footer/form-footer';
import { NewPassword } from '../new-password/new-password';
import { FormSubmission } from '../form-submission';
import { newPasswordControls } from '../new-password/new-password-controls';
import { AuthCard } from '../sign-in/auth-card';
import { ResetToken } from './reset-token';

/**
 * Takes the token of the link in a mail from the address, which no server sees, and a new password. It works whoever is
 * signed in here: afterwards the new password is asked for, and what was written here stays.
 */
@Component({
  selector: 'app-reset-password-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [AuthCard, Autofocus, FormFooter, NewPassword, ReactiveFormsModule, RouterLink],
  template: `
    <app-auth-card [heading]="shown().title" [intro]="shown().intro">
      @if (link() === 'given') {
        @if (isSignedIn()) {
          <p>{{ texts.signsOutHere }}</p>
        }
        <form appAutofocus novalidate [formGroup]="form" (ngSubmit)="submission.submit()">
          <app-new-password
            name="new-password"
            [labels]="passwordLabels"
            [controls]="form.controls"
          />
          <app-form-footer
            [submission]="submission"
            [submit]="texts.submit"
            [submitting]="texts.submitting"
          />
        </form>
      } @else {
        <a
          #next
          class="button button--primary"
          routerLink="/forgot-password"
          aria-describedby="auth-card-intro"
          >{{ texts.askForAnother }}</a
        >
      }
      @if (link() !== 'given') {
        <p class="auth-card__foot">
          <a routerLink="/sign-in">{{ texts.toSignIn }}</a>
        </p>
      }
    </app-auth-card>
  `,
})
export class ResetPasswordPage {
  readonly #session = inject(SessionStore);
  readonly #router = inject(Router);
  readonly #route = inject(ActivatedRoute);
  readonly #token = inject(ResetToken);
  readonly #injector = inject(Injector);

  protected readonly next = viewChild<ElementRef<HTMLElement>>('next');

  protected readonly texts = accountTexts.resetPassword;
  protected readonly passwordLabels = accountTexts.newPasswords.another;
  protected readonly isSignedIn = computed(() => this.#session.user() !== undefined);
  protected readonly link = signal<'given' | 'missing' | 'over'>('missing');
  protected readonly shown = computed(() => this.texts.links[this.link()]);

  protected readonly form = new FormGroup(newPasswordControls());
  protected readonly submission = new FormSubmission(this.form, async () => {
    try {
      await this.#session.resetPassword({ token: this.#token.value, ...this.form.getRawValue() });
    } catch (error) {
      if (toProblem(error).errors['token'] === undefined) throw error;
      this.#token.value = '';
      this.link.set('over');
      this.#afterRender(() => {
        this.next()?.nativeElement.focus();
      });
      return;
    }
    this.#token.value = '';
    void this.#router.navigateByUrl('/sign-in');
  });

  constructor() {
    if (this.#token.value) this.link.set('given');
    this.#route.fragment.pipe(takeUntilDestroyed()).subscribe((token) => {
      if (!token) return;
      this.#token.value = token;
      this.link.set('given');
      // Out of the address bar, the history and the way of a copied address. The router must not put it back.
      this.#afterRender(
        () => void this.#router.navigateByUrl('/reset-password', { replaceUrl: true }),
      );
    });
  }

  #afterRender(work: () => void): void {
    afterNextRender(work, { injector: this.#injector });
  }
}
