import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  Injector,
  afterNextRender,
  computed,
  inject,
  signal,
} from '@angular/core';
import { SecondFactorSetUp } from '../../api/models';
import { secondFactorTexts } from '../../i18n/second-factor-texts';
import { SessionStore } from '../../session/session-store';
import { Icon } from '../../ui/icon';
import { Notice } from '../../ui/notice';
import { focusHeading } from '../focus-heading';
import { ConfirmPassword } from '../confirm-password/confirm-password';
import { stillLoading } from '../still-loading';
import { RecoveryCodes } from './recovery-codes';
import { SecondFactorClient } from './second-factor-client';
import { SecondFactorStore } from './second-factor-store';
import { SetUpSecondFactor } from './set-up-second-factor';

/** The secret and the recovery codes are held as long as they are shown, and no longer. */
type Step =
  | { readonly kind: 'overview' | 'begin' | 'replace-codes' | 'turn-off' }
  | { readonly kind: 'set-up'; readonly setUp: SecondFactorSetUp }
  | { readonly kind: 'codes'; readonly codes: readonly string[] };

@Component({
  selector: 'app-second-factor',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ConfirmPassword, Icon, Notice, RecoveryCodes, SetUpSecondFactor],
  providers: [SecondFactorClient, SecondFactorStore],
  templateUrl: './second-factor.html',
  host: { class: 'settings-group', role: 'region', 'aria-labelledby': 'second-factor' },
})
export class SecondFactor {
  protected readonly store = inject(SecondFactorStore);
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef);
  readonly #injector = inject(Injector);

  protected readonly texts = secondFactorTexts;
  protected readonly session = inject(SessionStore);
  protected readonly loading = stillLoading(this.store.secondFactor, this.store.problem);
  protected readonly step = signal<Step>({ kind: 'overview' });
  protected readonly done = signal('');
  protected readonly setUp = computed(() => {
    const step = this.step();
    return step.kind === 'set-up' ? step.setUp : undefined;
  });
  protected readonly codes = computed(() => {
    const step = this.step();
    return step.kind === 'codes' ? step.codes : undefined;
  });

  protected readonly begin = async (password: string): Promise<void> => {
    this.show({ kind: 'set-up', setUp: await this.store.beginSetUp(password) });
  };

  protected readonly turnOn = async (code: string): Promise<void> => {
    const { phoneReplaced, on } = this.texts.done;
    const done = this.store.secondFactor()?.enabled ? phoneReplaced : on;
    this.show({ kind: 'codes', codes: await this.store.turnOn(code) }, done);
  };

  protected readonly replaceCodes = async (password: string): Promise<void> => {
    const codes = await this.store.replaceRecoveryCodes(password);
    this.show({ kind: 'codes', codes }, this.texts.done.codesReplaced);
  };

  protected readonly turnOff = async (password: string): Promise<void> => {
    await this.store.turnOff(password);
    this.show({ kind: 'overview' }, this.texts.done.off);
  };

  /** Focuses the heading of the step, because the focused element is gone, unless its form has focused a field. */
  protected show(step: Step, done = ''): void {
    this.step.set(step);
    this.done.set(done);
    afterNextRender(
      () => {
        focusHeading(this.#host.nativeElement);
      },
      { injector: this.#injector },
    );
  }
}
