import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  Injector,
  afterNextRender,
  inject,
  input,
  signal,
  viewChild,
} from '@angular/core';
import { FormControl, FormGroup, ReactiveFormsModule } from '@angular/forms';
import { RouterLink } from '@angular/router';
import { accountTexts } from '../../i18n/account-texts';
import { Autofocus } from '../../ui/autofocus';
import { Field } from '../../ui/field';
import { Icon } from '../../ui/icon';
import { requiredPassword } from '../../ui/validators';
import { AccountStore } from '../account-store';
import { focusHeading } from '../focus-heading';
import { FormFooter } from '../form-footer/form-footer';
import { FormSubmission } from '../form-submission';
import { NewPassword } from '../new-password/new-password';
import { newPasswordControls } from '../new-password/new-password-controls';

@Component({
  selector: 'app-change-password',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Autofocus, Field, FormFooter, Icon, NewPassword, ReactiveFormsModule, RouterLink],
  templateUrl: './change-password.html',
  host: { class: 'settings-group', role: 'region', 'aria-labelledby': 'password' },
})
export class ChangePassword {
  readonly #store = inject(AccountStore);
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef);
  readonly #injector = inject(Injector);

  readonly email = input.required<string>();

  protected readonly begin = viewChild<ElementRef<HTMLElement>>('begin');

  protected readonly texts = accountTexts.changePassword;
  protected readonly isOpen = signal(false);
  protected readonly show = accountTexts.show;
  protected readonly forgotIt = accountTexts.forgotIt;
  protected readonly newPasswordLabels = accountTexts.newPasswords.another;
  protected readonly done = signal('');
  protected readonly form = new FormGroup({
    current_password: new FormControl('', { nonNullable: true, validators: requiredPassword }),
    ...newPasswordControls(),
  });
  protected readonly submission = new FormSubmission(this.form, async () => {
    await this.#store.changePassword(this.form.getRawValue());
    this.close(this.texts.done);
  });

  protected open(): void {
    this.done.set('');
    this.isOpen.set(true);
    afterNextRender(
      () => {
        focusHeading(this.#host.nativeElement);
      },
      { injector: this.#injector },
    );
  }

  protected close(done = ''): void {
    this.form.reset();
    this.isOpen.set(false);
    this.done.set(done);
    afterNextRender(() => this.begin()?.nativeElement.focus(), { injector: this.#injector });
  }
}
