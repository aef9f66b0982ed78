import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { notificationTexts } from '../../i18n/notification-texts';
import { settingsTexts } from '../../i18n/settings-texts';
import { playChime } from '../../messages/notifications/chime';
import { NotificationSettings } from '../../messages/notifications/notification-settings';
import { PushSubscriber } from '../../messages/notifications/push-subscriber';
import { UserScope } from '../../session/user-scope';
import { Notice } from '../../ui/notice';
import { SettingsHeader } from './settings-header';

@Component({
  selector: 'app-notifications-settings',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Notice, SettingsHeader],
  template: `
    <app-settings-header [heading]="heading" />
    <section class="settings-group" aria-labelledby="in-this-browser">
      <header class="settings-group__head">
        <div>
          <h2 id="in-this-browser">{{ texts.browser }}</h2>
          <p>{{ texts.intro }}</p>
        </div>
      </header>
      <div class="settings-card">
        <div class="settings-row">
          <div class="settings-row__main">
            <label class="settings-row__name" for="new-messages">{{
              texts.newMessages.name
            }}</label>
            <p id="new-messages-state" class="settings-row__text" role="status">
              {{ texts.newMessages.states[state()] }}
            </p>
          </div>
          <input
            id="new-messages"
            class="switch"
            type="checkbox"
            role="switch"
            aria-describedby="new-messages-state"
            [checked]="settings.isOn()"
            [disabled]="isImpossible()"
            (change)="turn($event)"
          />
        </div>
        @if (settings.isOn()) {
          @if (canPush) {
            <div class="settings-row">
              <div class="settings-row__main">
                <label class="settings-row__name" for="push">{{ texts.push.name }}</label>
                <p id="push-meaning" class="settings-row__text">
                  {{ texts.push.meanings[settings.isPushed() && !push.problem() ? 'on' : 'off'] }}
                </p>
              </div>
              <input
                id="push"
                class="switch"
                type="checkbox"
                role="switch"
                aria-describedby="push-meaning"
                [checked]="settings.isPushed()"
                (change)="settings.choose({ isPushed: !settings.isPushed() })"
              />
            </div>
            @if (push.problem(); as problem) {
              <div class="settings-form">
                <app-notice>{{ problem }}</app-notice>
              </div>
            }
          }
          <div class="settings-row">
            <div class="settings-row__main">
              <label class="settings-row__name" for="show-text">{{ texts.text.name }}</label>
              <p id="show-text-meaning" class="settings-row__text">
                {{ texts.text.meanings[settings.showsText() ? 'on' : 'off'] }}
              </p>
            </div>
            <input
              id="show-text"
              class="switch"
              type="checkbox"
              role="switch"
              aria-describedby="show-text-meaning"
              [checked]="settings.showsText()"
              (change)="settings.choose({ showsText: !settings.showsText() })"
            />
          </div>
          <div class="settings-row">
            <div class="settings-row__main">
              <label class="settings-row__name" for="sound">{{ texts.sound.name }}</label>
              <p id="sound-meaning" class="settings-row__text">
                {{ texts.sound.meanings[settings.hasSound() ? 'on' : 'off'] }}
              </p>
            </div>
            <input
              id="sound"
              class="switch"
              type="checkbox"
              role="switch"
              aria-describedby="sound-meaning"
              [checked]="settings.hasSound()"
              (change)="turnSound()"
            />
          </div>
        }
      </div>
    </section>
  `,
  host: { class: 'settings-page' },
})
export class NotificationsSettings {
  protected readonly settings = inject(NotificationSettings);

  protected readonly push = inject(UserScope).get(PushSubscriber);
  protected readonly canPush = 'PushManager' in window && 'serviceWorker' in navigator;

  protected readonly heading = settingsTexts.notifications.title;
  protected readonly texts = notificationTexts.settings;

  protected readonly state = computed(() => {
    const permission = this.settings.permission();
    if (permission !== 'granted') return permission;
    return this.settings.isOn() ? 'on' : 'off';
  });
  protected readonly isImpossible = computed(() =>
    ['denied', 'unsupported'].includes(this.settings.permission()),
  );

  protected async turn(event: Event): Promise<void> {
    if (this.settings.isOn()) {
      this.settings.choose({ isOn: false });
      return;
    }
    await this.settings.turnOn();
    // The browser has ticked it already, whatever the user has answered.
    (event.target as HTMLInputElement).checked = this.settings.isOn();
  }

  /** Whoever turns it on hears it. */
  protected turnSound(): void {
    this.settings.choose({ hasSound: !this.settings.hasSound() });
    if (this.settings.hasSound()) playChime();
  }
}
