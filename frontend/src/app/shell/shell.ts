import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { takeUntilDestroyed, toObservable } from '@angular/core/rxjs-interop';
import { Router, RouterOutlet } from '@angular/router';
import { skip } from 'rxjs';
import { signInUrl, urlBehind } from '../session/return-to';
import { SessionStore } from '../session/session-store';
import { texts } from '../texts/texts';
import { LiveLine } from '../ui/live-line';
import { ThemeStore } from '../ui/theme';
import { AccountMenu } from './account-menu';

@Component({
  selector: 'app-root',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [AccountMenu, LiveLine, RouterOutlet],
  template: `
    @if (session.user(); as user) {
      <header class="bar">
        <strong class="brand">{{ texts.brand }}</strong>
        <app-live-line />
        <app-account-menu [email]="user.email" />
      </header>
      @if (session.status() === 'unavailable') {
        <div class="banner" role="alert">
          <p>{{ texts.session.unavailable }} {{ session.reason() }} {{ texts.session.retrying }}</p>
          <button type="button" class="button button--small" (click)="session.retry()">
            {{ texts.session.retryNow }}
          </button>
        </div>
      }
    }
    <!-- Made anew for each user: nothing on the screen or in its stores outlives whom it belongs to. -->
    @for (userId of [userId()]; track userId) {
      <router-outlet />
    }
  `,
  host: { class: 'shell' },
})
export class Shell {
  protected readonly session = inject(SessionStore);
  protected readonly texts = texts;
  protected readonly userId = computed(() => this.session.user()?.id);

  constructor() {
    const router = inject(Router);
    inject(ThemeStore);
    toObservable(this.userId)
      .pipe(skip(1), takeUntilDestroyed())
      .subscribe((userId) => {
        // Who signs out leaves for good; whose session ends comes back to where they were.
        const from = this.session.farewell() === 'session-ended' ? router.url : undefined;
        void router.navigateByUrl(
          userId === undefined ? signInUrl(router, from) : urlBehind(router, router.url),
        );
      });
  }
}
