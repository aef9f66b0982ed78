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
import { SessionStore } from '../../session/session-store';
import { UserStorage } from '../../session/user-storage';
import { accountTexts } from '../../i18n/account-texts';
import { signOutTexts } from '../../i18n/sign-out-texts';
import { Icon } from '../../ui/icon';
import { focusHeading } from '../focus-heading';
import { ConfirmPassword } from '../confirm-password/confirm-password';

@Component({
  selector: 'app-delete-account',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ConfirmPassword, Icon],
  template: `
    <div class="settings-row">
      <span class="settings-row__glyph"><app-icon name="delete" /></span>
      <div class="settings-row__main">
        <h3 class="settings-row__name" tabindex="-1">{{ texts.title }}</h3>
        <p class="settings-row__text">{{ texts.intro }}</p>
      </div>
      @if (!asks()) {
        <button #begin type="button" class="button button--danger-quiet" (click)="ask()">
          {{ texts.begin }}
        </button>
      }
    </div>
    @if (asks()) {
      <app-confirm-password
        class="settings-form"
        name="delete-password"
        [isDangerous]="true"
        [submit]="texts.submit"
        [submitting]="texts.submitting"
        [cancel]="texts.cancel"
        [action]="deleteAccount"
        (cancelled)="keep()"
      >
        @if (unsent(); as unsent) {
          <p>{{ signOutTexts.withAccount(unsent) }}</p>
        }
      </app-confirm-password>
    }
  `,
  host: { class: 'settings-card__part' },
})
export class DeleteAccount {
  readonly #session = inject(SessionStore);
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef);
  readonly #injector = inject(Injector);
  readonly #userStorage = inject(UserStorage);

  protected readonly begin = viewChild<ElementRef<HTMLElement>>('begin');

  protected readonly texts = accountTexts.deleteAccount;
  protected readonly signOutTexts = signOutTexts;
  protected readonly asks = signal(false);
  /** What deleting the account would delete from this browser too. */
  protected readonly unsent = signal(this.#userStorage.unsentCounts());
  protected readonly deleteAccount = (password: string): Promise<void> =>
    this.#session.deleteAccount(password);

  protected ask(): void {
    this.unsent.set(this.#userStorage.unsentCounts());
    this.asks.set(true);
    afterNextRender(
      () => {
        focusHeading(this.#host.nativeElement);
      },
      { injector: this.#injector },
    );
  }

  protected keep(): void {
    this.asks.set(false);
    afterNextRender(() => this.begin()?.nativeElement.focus(), { injector: this.#injector });
  }
}
