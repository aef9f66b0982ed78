import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { signOutTexts } from '../i18n/sign-out-texts';
import { ConfirmDialog } from '../ui/confirm-dialog';
import { SignOutQuestion } from './sign-out-question';

/** Asks before signing out deletes what was not sent. */
@Component({
  selector: 'app-confirm-sign-out',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ConfirmDialog],
  template: `
    @if (question().unsent(); as unsent) {
      <app-confirm-dialog
        [title]="texts.title"
        [text]="texts.explanation(unsent)"
        [confirmLabel]="texts.confirm"
        [cancelLabel]="texts.cancel"
        (answered)="question().answer($event)"
      />
    }
  `,
})
export class ConfirmSignOut {
  readonly question = input.required<SignOutQuestion>();

  protected readonly texts = signOutTexts;
}
