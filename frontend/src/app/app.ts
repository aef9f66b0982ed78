import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { takeUntilDestroyed, toObservable } from '@angular/core/rxjs-interop';
import { NavigationEnd, NavigationError, Router, RouterOutlet } from '@angular/router';
import { skip } from 'rxjs';
import { signInUrl, urlBehind } from './session/return-url';
import { SessionStore } from './session/session-store';
import { firstPageTexts } from './i18n/first-page-texts';
import { MissingPart } from './ui/load-failure';
import { keepFocus } from './ui/focus-on-navigation';

@Component({
  selector: 'app-root',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterOutlet],
  template: `
    <div class="progress" [class.progress--on]="router.currentNavigation()"></div>
    @if (missingPart.url(); as url) {
      <p class="notice" role="alert">
        {{ texts.missingPart }}
        <button type="button" class="button button--small" (click)="open(url)">
          {{ texts.reload }}
        </button>
      </p>
    }
    <!-- Made anew for each user: nothing on the screen or in its stores outlives whom it belongs to. -->
    @for (userId of [userId()]; track userId) {
      <router-outlet />
    }
  `,
  host: { class: 'shell' },
})
export class Shell {
  readonly #session = inject(SessionStore);
  protected readonly router = inject(Router);
  protected readonly missingPart = inject(MissingPart);

  protected readonly texts = firstPageTexts;

  protected readonly userId = computed(() => this.#session.user()?.id);

  constructor() {
    const { router } = this;
    keepFocus(router);
    router.events.pipe(takeUntilDestroyed()).subscribe((event) => {
      if (event instanceof NavigationError) this.missingPart.url.set(event.url);
      else if (event instanceof NavigationEnd) this.missingPart.url.set(undefined);
    });
    toObservable(this.userId)
      .pipe(skip(1), takeUntilDestroyed())
      .subscribe((userId) => {
        // Who signs out leaves for good; whose session ends comes back to where they were.
        const from = this.#session.farewell() === 'session-ended' ? router.url : undefined;
        void router.navigateByUrl(
          userId === undefined ? signInUrl(router, from) : urlBehind(router, router.url),
        );
      });
  }

  /** Of what is loaded now, nothing is used again. */
  protected open(url: string): void {
    location.assign(url);
  }
}
