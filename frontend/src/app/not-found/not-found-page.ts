import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { notFoundTexts } from '../i18n/not-found-texts';
import { SessionStore } from '../session/session-store';

/** For an address that no page has; the address stays, so that it can be corrected. */
@Component({
  selector: 'app-not-found-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink],
  template: `
    <main class="not-found">
      <img class="logo" src="/favicon.svg" width="56" height="56" alt="" />
      <h1>{{ texts.title }}</h1>
      <p>
        {{ texts.explanation }} <code translate="no">{{ path }}</code>
      </p>
      @if (isSignedIn()) {
        <a class="button button--primary button--large" routerLink="/messages">
          {{ texts.toMessages }}
        </a>
      } @else {
        <a class="button button--primary button--large" routerLink="/sign-in">
          {{ texts.toSignIn }}
        </a>
      }
    </main>
  `,
  host: { class: 'scroller' },
})
export class NotFoundPage {
  readonly #user = inject(SessionStore).user;

  protected readonly texts = notFoundTexts;
  protected readonly path = inject(Router).url.split(/[?#]/, 1)[0];
  protected readonly isSignedIn = computed(() => this.#user() !== undefined);
}
