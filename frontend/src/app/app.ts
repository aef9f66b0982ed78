import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { takeUntilDestroyed, toObservable } from '@angular/core/rxjs-interop';
import { Router, RouterOutlet } from '@angular/router';
import { skip } from 'rxjs';
import { isForEverybody } from './app.routes';
import { signInUrl, returnUrl } from './session/return-url';
import { SessionStore } from './session/session-store';
import { firstPageTexts } from './i18n/first-page-texts';
import { focusOnNavigation } from './ui/focus-on-navigation';
import { LazyParts } from './ui/lazy-parts';
import { removeShell } from './ui/remove-shell';

@Component({
  selector: 'app-root',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterOutlet],
  template: `
    <div class="progress" [class.progress--on]="router.currentNavigation()"></div>
    @if (lazyParts.failedUrl(); as url) {
      <p class="notice" role="alert">
        {{ texts.loadFailed }}
        <button type="button" class="button button--small" (click)="open(url)">
          {{ texts.reload }}
        </button>
      </p>
    }
    <!-- Created anew for each user, so that no page and no store outlives the user it belongs to. -->
    @for (userId of [userId()]; track userId) {
      <router-outlet />
    }
  `,
  host: { class: 'app' },
})
export class App {
  readonly #session = inject(SessionStore);
  protected readonly router = inject(Router);
  protected readonly lazyParts = inject(LazyParts);

  protected readonly texts = firstPageTexts;

  protected readonly userId = computed(() => this.#session.user()?.id);

  constructor() {
    const { router } = this;
    focusOnNavigation(router);
    removeShell(router);
    toObservable(this.userId)
      .pipe(skip(1), takeUntilDestroyed())
      .subscribe((userId) => {
        // Where the user is, or is going to.
        const url = router.currentNavigation()?.extractedUrl.toString() ?? router.url;
        if (isForEverybody(url)) return;
        // A user who has to sign in again returns to the same page; one who signs out does not.
        const signOutReason = this.#session.signOutReason() ?? '';
        const returns = ['session-ended', 'ended-elsewhere'].includes(signOutReason);
        const from = returns ? url : undefined;
        void router.navigateByUrl(
          userId === undefined ? signInUrl(router, from) : returnUrl(router, router.url),
        );
      });
  }

  /** A full page load, which uses none of the loaded scripts. */
  protected open(url: string): void {
    location.assign(url);
  }
}
