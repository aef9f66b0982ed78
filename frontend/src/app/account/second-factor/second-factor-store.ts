import { Injectable, inject, signal } from '@angular/core';
import { firstValueFrom } from 'rxjs';
import { describeProblem } from '../../api/describe-problem';
import { RecoveryCodes, SecondFactor, SecondFactorSetUp } from '../../api/models';
import { toProblem } from '../../api/problem';
import { whenSignedIn } from '../../session/when-signed-in';
import { SecondFactorClient } from './second-factor-client';

/** Whether the user has a second factor, and the changes of it. Secrets and recovery codes pass through and are not held. */
@Injectable()
export class SecondFactorStore {
  readonly #client = inject(SecondFactorClient);

  readonly #secondFactor = signal<SecondFactor | undefined>(undefined);
  readonly #problem = signal('');

  /** Undefined until it is loaded. */
  readonly secondFactor = this.#secondFactor.asReadonly();
  /** Why it could not be loaded. */
  readonly problem = this.#problem.asReadonly();

  constructor() {
    whenSignedIn(() => this.load());
  }

  async load(): Promise<void> {
    this.#problem.set('');
    try {
      this.#secondFactor.set(await firstValueFrom(this.#client.get()));
    } catch (error) {
      this.#problem.set(describeProblem(toProblem(error)));
    }
  }

  beginSetUp(password: string): Promise<SecondFactorSetUp> {
    return firstValueFrom(this.#client.beginSetUp(password));
  }

  /** Returns the recovery codes. */
  async turnOn(code: string): Promise<readonly string[]> {
    return this.#accept(await firstValueFrom(this.#client.turnOn(code)));
  }

  /** Returns the new recovery codes. */
  async replaceRecoveryCodes(password: string): Promise<readonly string[]> {
    return this.#accept(await firstValueFrom(this.#client.replaceRecoveryCodes(password)));
  }

  async turnOff(password: string): Promise<void> {
    await firstValueFrom(this.#client.turnOff(password));
    this.#secondFactor.set({ enabled: false, recovery_codes_left: 0 });
  }

  #accept({ recovery_codes }: RecoveryCodes): readonly string[] {
    this.#secondFactor.set({ enabled: true, recovery_codes_left: recovery_codes.length });
    return recovery_codes;
  }
}
