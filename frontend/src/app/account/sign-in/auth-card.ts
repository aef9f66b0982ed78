import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { firstPageTexts } from '../../i18n/first-page-texts';
import { supportBrowserTranslation } from '../../ui/browser-translation';

@Component({
  selector: 'app-auth-card',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <main class="auth-card__card">
      <p class="brand" translate="no">
        <img class="logo" src="/favicon.svg" width="36" height="36" alt="" />{{ brand }}
      </p>
      <header>
        <h1>{{ heading() }}</h1>
        <p id="auth-card-intro">{{ intro() }}</p>
      </header>
      <ng-content />
    </main>
  `,
  host: { class: 'auth-card scroller' },
})
export class AuthCard {
  readonly heading = input.required<string>();
  readonly intro = input.required<string>();

  protected readonly brand = firstPageTexts.brand;

  constructor() {
    supportBrowserTranslation();
  }
}
