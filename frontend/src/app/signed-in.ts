import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { SignedInLayout } from './layout/signed-in-layout';
import { MESSAGES_PROVIDERS, startMessages } from './messages/provide-messages';
import { StatusAnnouncer } from './messages/status-announcer';

/**
 * Provides the domains, which live as long as the user is signed in, whichever page is open: messages go on being sent and
 * polled for. The root component creates it anew for each user.
 */
@Component({
  selector: 'app-signed-in',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [SignedInLayout],
  providers: [MESSAGES_PROVIDERS],
  template: `
    <app-signed-in-layout />
    <div class="visually-hidden" aria-live="polite">
      @for (announcement of announcer.announcements(); track announcement.id) {
        <p>{{ announcement.text }}</p>
      }
    </div>
  `,
  host: { class: 'signed-in' },
})
export class SignedIn {
  protected readonly announcer = inject(StatusAnnouncer);

  constructor() {
    startMessages();
  }
}
