import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  computed,
  inject,
  input,
  output,
  viewChild,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import { Message } from '../api/models';
import { fullTime, timeOfDay } from '../i18n/formats';
import { logTexts } from '../i18n/log-texts';
import { statusMeanings } from '../i18n/status-meaning-texts';
import {
  describeAbsentText,
  describeMediaBesideText,
  failureCause,
  hasFailed,
  hasText,
  presentStatus,
} from '../messages/message-status';
import { toConversationKey } from '../messages/conversation-key';
import { ContactNames } from '../phone-numbers/contact-names';
import { Avatar } from '../ui/avatar';
import { Icon } from '../ui/icon';

/** One message; its link, which covers the row, opens its details beside the conversation. */
@Component({
  selector: 'app-log-row',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, Icon, RouterLink],
  template: `
    @let shown = message();
    <span role="cell" class="log-row__time" translate="no">
      <time [attr.datetime]="shown.created_at" [title]="fullTime()">{{ time() }}</time>
    </span>
    <span role="cell" class="log-row__direction">
      <app-icon [name]="shown.direction === 'inbound' ? 'in' : 'out'" />
      <span class="visually-hidden">{{ texts.directions[shown.direction] }}</span>
    </span>
    <span role="cell" class="log-row__number">
      <app-avatar [letters]="names.initialsOf(shown.peer_number)" [name]="shown.peer_number" />
      <a
        #link
        class="log-row__link"
        [attr.dir]="names.directionOf(shown.peer_number)"
        translate="no"
        [routerLink]="['/messages', toConversationKey(shown.peer_number)]"
        [queryParams]="{ at: shown._id, details: shown._id }"
        (click)="opened.emit(topPx())"
        [attr.aria-label]="label()"
        >{{ number() }}</a
      >
    </span>
    <span role="cell" class="log-row__text" dir="auto">
      @if (hasText(shown)) {
        @if (describeMediaBesideText(shown); as media) {
          <em dir="ltr">{{ media }}:</em>&ngsp;
        }
        {{ shown.content }}
      } @else {
        <em>{{ describeAbsentText(shown) }}</em>
      }
    </span>
    <span role="cell" class="log-row__status" [class]="'tone-' + status().tone" [title]="meaning()">
      <app-icon [name]="shown.direction === 'inbound' ? 'in' : status().icon" />{{ status().text }}
    </span>
    <span role="cell" class="log-row__code" translate="no" [attr.data-label]="texts.columns.code">
      @for (part of codeParts(); track $index) {
        <wbr /><span>{{ part }}</span>
      }
    </span>
    <span role="cell" class="log-row__segments">{{ shown.segments }}</span>
  `,
  host: { class: 'log-row', role: 'row' },
})
export class LogRow {
  readonly message = input.required<Message>();
  /** How far below the top of the screen it stood. */
  readonly opened = output<number>();

  private readonly link = viewChild.required<ElementRef<HTMLElement>>('link');

  protected readonly toConversationKey = toConversationKey;
  protected readonly texts = logTexts;
  protected readonly status = computed(() => presentStatus(this.message().status));
  protected readonly meaning = computed(() =>
    hasFailed(this.message())
      ? failureCause(this.message())
      : statusMeanings[this.message().status],
  );
  protected readonly hasText = hasText;
  protected readonly describeAbsentText = describeAbsentText;
  protected readonly describeMediaBesideText = describeMediaBesideText;
  protected readonly names = inject(ContactNames);
  protected readonly number = computed(() => this.names.unambiguous(this.message().peer_number));
  protected readonly label = computed(() => logTexts.open(this.number(), this.fullTime()));
  protected readonly time = computed(() => timeOfDay(new Date(this.message().created_at)));
  protected readonly fullTime = computed(() => fullTime(new Date(this.message().created_at)));

  /** A line breaks between the words of a code, and not within them. */
  protected readonly codeParts = computed(() => {
    const { error_code } = this.message();
    return error_code === null ? [] : String(error_code).split(/(?<=_)/);
  });

  topPx(): number {
    return this.link().nativeElement.getBoundingClientRect().top;
  }

  focus(): void {
    this.link().nativeElement.focus({ preventScroll: true });
  }
}
