import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { shortTime } from '../texts/formats';
import { messagingTexts } from '../texts/messaging-texts';
import { Avatar } from '../ui/avatar';
import { Icon } from '../ui/icon';
import { Conversation } from './conversations';
import { MessagesStore } from './messages-store';
import { readable } from './phone-number';
import { StatusPresentation, presentStatus } from './status';

interface Row {
  readonly peer: string;
  readonly name: string;
  readonly time: string;
  readonly preview: string;
  readonly status: StatusPresentation | undefined;
}

@Component({
  selector: 'app-conversation-list',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, Icon, RouterLink],
  template: `
    <a class="button button--primary history__new" routerLink="/messages/new">
      <app-icon name="plus" />{{ texts.newMessage }}
    </a>
    @if (store.problem()) {
      <p class="history__problem" role="alert">
        @if (store.isLoaded()) {
          {{ texts.stale }}
        }
        {{ store.problem() }}
      </p>
    }
    <ul class="history__rows">
      @for (row of rows(); track row.peer) {
        <li>
          <a
            class="row"
            [routerLink]="['/messages', row.peer]"
            [attr.aria-current]="row.peer === current() ? 'true' : null"
          >
            <app-avatar [letters]="row.peer.slice(-2)" [of]="row.peer" />
            <span class="row__name">{{ row.name }}</span>
            <span class="row__time">{{ row.time }}</span>
            <span class="row__preview">{{ row.preview }}</span>
            @if (row.status; as status) {
              <span class="row__status" [class]="'tone-' + status.tone">
                <app-icon [name]="status.icon" />
                <span class="visually-hidden">{{ status.text }}</span>
              </span>
            }
          </a>
        </li>
      } @empty {
        <li class="history__empty">{{ store.isLoaded() ? texts.empty : texts.loading }}</li>
      }
    </ul>
    <div class="history__foot">
      <h2>{{ texts.title(store.total()) }}</h2>
      @if (store.hasEarlier()) {
        <button type="button" class="button button--small" (click)="store.loadEarlier()">
          {{ store.loadingEarlier() ? texts.loadingEarlier : texts.loadEarlier }}
        </button>
      }
    </div>
  `,
  host: { class: 'history', role: 'navigation', '[attr.aria-label]': 'texts.label' },
})
export class ConversationList {
  protected readonly store = inject(MessagesStore);

  readonly current = input<string>();

  protected readonly texts = messagingTexts.history;
  protected readonly rows = computed(() => this.store.conversations().map(toRow));
}

function toRow({ peer, messages, outgoing }: Conversation): Row {
  const unsent = outgoing.at(-1);
  const last = messages.at(-1);
  const time = unsent?.writtenAt ?? new Date(last?.created_at ?? 0);
  const common = { peer, name: readable(peer), time: shortTime(time) };
  if (unsent) {
    const status = presentStatus(unsent.state);
    return { ...common, preview: unsent.content, status };
  }
  const status = last?.direction === 'outbound' ? presentStatus(last.status) : undefined;
  const preview = status?.tone === 'bad' ? status.text : (last?.content ?? '');
  return { ...common, preview, status };
}
