import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { accountTexts } from '../../i18n/account-texts';
import { firstPageTexts } from '../../i18n/first-page-texts';
import { supportBrowserTranslation } from '../../ui/browser-translation';
import { Icon } from '../../ui/icon';

/** A page of somebody who is not signed in. What has the class `auth-card__foot` stands below everything else. */
@Component({
  selector: 'app-auth-card',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    <main class="auth-card__main">
      <p class="brand" translate="no">
        <img class="logo" src="/favicon.svg" width="36" height="36" alt="" />{{ brand }}
      </p>
      <div class="auth-card__card">
        <header>
          <h1>{{ heading() }}</h1>
          <p id="auth-card-intro">{{ intro() }}</p>
        </header>
        <ng-content />
      </div>
      <ng-content select=".auth-card__foot" />
    </main>
    <div class="auth-card__side" aria-hidden="true">
      <svg class="auth-card__rings" viewBox="0 0 700 860" preserveAspectRatio="xMidYMid slice">
        @for (radius of rings; track radius) {
          <circle cx="700" cy="860" [attr.r]="radius" />
        }
      </svg>
      <div class="auth-scene">
        <p class="auth-scene__bubble">{{ scene.question }}</p>
        <p class="auth-scene__bubble auth-scene__bubble--out">{{ scene.answer }}</p>
        <p class="auth-scene__meta">{{ scene.delivered }} <app-icon name="ticks" /></p>
        <p class="auth-scene__bubble">{{ scene.thanks }}</p>
        <p class="auth-scene__line">{{ scene.line }}</p>
      </div>
    </div>
  `,
  host: { class: 'auth-card scroller' },
})
export class AuthCard {
  readonly heading = input.required<string>();
  readonly intro = input.required<string>();

  protected readonly brand = firstPageTexts.brand;
  protected readonly scene = accountTexts.scene;
  protected readonly rings = Array.from({ length: 13 }, (_, ring) => 140 + 88 * ring);

  constructor() {
    supportBrowserTranslation();
  }
}
