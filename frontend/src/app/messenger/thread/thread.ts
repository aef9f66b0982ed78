import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  Injector,
  afterNextRender,
  computed,
  effect,
  inject,
  input,
  linkedSignal,
  output,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import { takeUntilDestroyed, toObservable } from '@angular/core/rxjs-interop';
import { NavigationSkipped, Router, RouterLink } from '@angular/router';
import { EMPTY, catchError, filter, switchMap } from 'rxjs';
import { Message } from '../../api/models';
import { shortTime } from '../../i18n/formats';
import { messagingTexts } from '../../i18n/messages-texts';
import { Avatar } from '../../ui/avatar';
import { Busy } from '../../ui/busy';
import { Icon } from '../../ui/icon';
import { LivenessStore } from '../../ui/connection-status-store';
import { Skeleton } from '../../ui/skeleton';
import { Feed } from '../../messages/message-sync';
import { Group, toGroups } from './message-groups';
import { MessageGroup } from './message-group';
import { OutboxStore } from '../../messages/outbox/outbox-store';
import { Outgoing, withoutArrived } from '../../messages/outbox/pending-message';
import { OutgoingBubble } from './pending-bubble';
import { readable } from '../../phone-numbers/format-phone-number';
import { ThreadScroll } from './thread-scroll';
import { ThreadsStore } from '../../messages/threads-store';

/** Those that have just been written are among so many newest. */
const RECENT = 50;

@Component({
  selector: 'app-thread',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Avatar, Busy, Icon, MessageGroup, OutgoingBubble, RouterLink, Skeleton],
  template: `
    <div class="pane__head">
      <a class="button button--quiet back" routerLink="/messages" [attr.aria-label]="texts.back">
        <app-icon name="back" />
      </a>
      <app-avatar [letters]="peer().slice(-2)" [of]="peer()" />
      <div class="pane__who">
        <h1 dir="ltr" translate="no">{{ name() }}</h1>
        <p translate="no">{{ count() }}</p>
      </div>
      @if (log()?.messages?.[0]; as newest) {
        <button type="button" class="button button--quiet" (click)="details.emit(newest)">
          <app-icon name="info" />{{ texts.details }}
        </button>
      }
    </div>
    @if (feed.paused(); as paused) {
      <div class="paused" role="status">
        <app-icon name="clock" />
        <p>
          <b>{{ texts.pausedTitle }}</b> {{ paused.reason }} {{ pausedSince() }}
        </p>
      </div>
    }
    <div
      #scroller
      class="thread scroller"
      tabindex="0"
      role="log"
      aria-live="off"
      [attr.aria-label]="texts.label(name())"
      [attr.aria-busy]="isLoading()"
    >
      <div class="thread__content">
        @if (log()?.hasEarlier) {
          <button
            type="button"
            class="button button--small thread__earlier"
            [appBusy]="thread().loading"
            (click)="threads.loadEarlier(peer())"
          >
            {{ thread().loading ? texts.loadingEarlier : texts.loadEarlier }}
          </button>
        }
        @if (thread().problem; as problem) {
          <p class="thread__problem" role="alert">
            {{ problem }}
            @if (!log()) {
              <button type="button" class="link" [appBusy]="thread().loading" (click)="loadAgain()">
                {{ texts.tryAgain }}
              </button>
            }
          </p>
        }
        @if (isLoading()) {
          <p class="visually-hidden">{{ texts.loading }}</p>
          <app-skeleton shape="bubbles" [count]="6" />
        } @else if (isEmpty()) {
          <p class="thread__empty">{{ texts.empty(name()) }}</p>
        }
        @for (group of groups(); track group.key) {
          <app-message-group
            [group]="group"
            [found]="found()"
            (details)="details.emit($event)"
            (edit)="edit.emit($event)"
          />
        }
        @if (log()?.hasLater) {
          <button
            type="button"
            class="button button--small thread__later"
            [appBusy]="thread().loading"
            (click)="threads.loadLater(peer())"
          >
            {{ thread().loading ? texts.loadingLater : texts.loadLater }}
          </button>
        }
        @for (outgoing of outgoing(); track outgoing.key) {
          <app-outgoing-bubble
            [outgoing]="outgoing"
            (sendAgain)="outbox.sendAgain($event)"
            (edit)="takeBack.emit($event)"
            (discard)="outbox.discard($event)"
          />
        }
      </div>
    </div>
    @if (search(); as search) {
      <p class="thread__search" role="status">{{ search }}</p>
    }
    <!-- Also read at the end: from there it counts. -->
    @let below = unseen();
    @if (!isAtNewest()) {
      <button
        type="button"
        class="button button--small thread__below"
        translate="no"
        (click)="toNewest()"
      >
        <app-icon name="down" />{{ below > 0 ? texts.newBelow(below) : texts.toNewest }}
      </button>
    }
  `,
  host: { class: 'pane__body' },
})
export class Thread {
  readonly #injector = inject(Injector);
  protected readonly feed = inject(Feed);
  protected readonly threads = inject(ThreadsStore);
  protected readonly outbox = inject(OutboxStore);
  /** The frame says why nothing comes. */
  readonly #isTroubled = inject(LivenessStore).isTroubled;

  readonly peer = input.required<string>();
  /** The message to show, however far back. */
  readonly at = input<string>();
  readonly details = output<Message>();
  /** A message that has failed is to be written anew. */
  readonly edit = output<Message>();
  /** A message that was never taken is to be written anew. */
  readonly takeBack = output<Outgoing>();

  protected readonly scroller = viewChild.required<ElementRef<HTMLElement>>('scroller');
  protected readonly scroll = new ThreadScroll(() => this.scroller(), this.#injector);

  protected readonly texts = messagingTexts.thread;
  protected readonly name = computed(() => readable(this.peer()));
  protected readonly thread = computed(() => this.threads.thread(this.peer()));
  protected readonly log = computed(() => this.thread().log);
  readonly #messages = computed(() => this.log()?.messages ?? []);
  protected readonly groups = linkedSignal<readonly Message[], Group[]>({
    source: this.#messages,
    computation: (messages, previous) => toGroups(messages, this.feed.today(), previous?.value),
  });
  readonly #unanswered = computed(() =>
    withoutArrived(
      this.outbox.outbox().filter(({ recipient }) => recipient === this.peer()),
      this.#messages().slice(0, RECENT),
    ),
  );
  /** They belong after the newest message. */
  protected readonly outgoing = computed(() => (this.log()?.hasLater ? [] : this.#unanswered()));
  protected readonly isLoading = computed(
    () => !this.log() && !this.thread().problem && !this.#isTroubled(),
  );
  protected readonly isEmpty = computed(
    () => this.log() && this.#messages().length + this.outgoing().length === 0,
  );
  protected readonly count = computed(() => {
    const log = this.log();
    if (!log) return this.isLoading() ? this.texts.loading : '';
    // Where all are loaded, those that show are counted: the total is counted apart from them, at another moment.
    const stored = log.hasEarlier || log.hasLater ? log.total : log.messages.length;
    return this.texts.count(stored + this.#unanswered().length);
  });
  protected readonly pausedSince = computed(() => {
    const paused = this.feed.paused();
    return paused ? this.texts.paused(shortTime(new Date(paused.since))) : '';
  });

  /** What is to be loaded; anew for each time that somebody asks for it. */
  readonly #wanted = linkedSignal(() => ({ peer: this.peer(), at: this.at() }));
  /** The message that was looked for, once it is known whether it is there. */
  protected readonly found = signal<string | undefined>(undefined);
  readonly #isThere = signal(true);
  /** What is said while and after a message is looked for. */
  protected readonly search = computed(() => {
    const at = this.at();
    if (at === undefined) return '';
    if (at !== this.found()) {
      const problem = this.thread().problem;
      // Without any message, the problem shows in their place.
      return problem ? (this.log() ? problem : '') : this.texts.findingMessage;
    }
    return this.#isThere() ? '' : this.texts.messageNotFound;
  });

  protected readonly isAtNewest = computed(() => this.scroll.isAtEnd() && !this.log()?.hasLater);
  /** The newest message when its reader was last at the end. */
  readonly #seen = linkedSignal<
    { isAtEnd: boolean; newest: string | undefined },
    string | undefined
  >({
    source: () => ({ isAtEnd: this.isAtNewest(), newest: this.#messages()[0]?._id }),
    computation: ({ isAtEnd, newest }, previous) => (isAtEnd ? newest : previous?.value),
  });
  protected readonly unseen = computed(() => {
    const seen = this.#seen();
    return Math.max(
      0,
      this.#messages().findIndex(({ _id }) => _id === seen),
    );
  });
  readonly #written = computed(() => this.#unanswered().at(-1)?.key);
  /** Whether the reader was at the newest message before the last change. */
  #followed = true;

  constructor() {
    toObservable(this.#wanted)
      .pipe(
        switchMap(({ peer, at }) =>
          // What goes wrong for good shows in the thread.
          this.feed.load(() => this.#load(peer, at)).pipe(catchError(() => EMPTY)),
        ),
        takeUntilDestroyed(),
      )
      .subscribe();
    // A link to where one is already: its message may be out of sight by now.
    inject(Router)
      .events.pipe(
        filter((event) => event instanceof NavigationSkipped && this.at() !== undefined),
        takeUntilDestroyed(),
      )
      .subscribe(() => {
        this.loadAgain();
      });
    // Before the new rows are drawn.
    effect(() => {
      this.#messages();
      untracked(() => {
        if (!this.#followed) this.scroll.holdPlace();
      });
    });
    effect(() => {
      this.#followed = this.isAtNewest();
    });
    // What is written shows, wherever one was reading.
    effect(() => {
      if (this.#written()) void untracked(() => this.#showNewest());
    });
  }

  protected loadAgain(): void {
    this.#wanted.update((wanted) => ({ ...wanted }));
  }

  protected async toNewest(): Promise<void> {
    this.scroller().nativeElement.focus({ preventScroll: true });
    await this.#showNewest();
  }

  async #showNewest(): Promise<void> {
    if (this.log()?.hasLater) await this.threads.toNewest(this.peer());
    if (this.log()?.hasLater) return;
    afterNextRender(
      () => {
        this.scroll.toEnd();
      },
      { injector: this.#injector },
    );
  }

  async #load(peer: string, at: string | undefined): Promise<void> {
    if (at === undefined) return this.threads.open(peer);
    const isThere = await this.threads.openAt(peer, at);
    if (at !== this.at()) return;
    this.#isThere.set(isThere);
    this.found.set(at);
    if (isThere) this.#scrollTo(at);
  }

  #scrollTo(id: string): void {
    afterNextRender(
      () => {
        const bubble = document.getElementById(`message-${id}`);
        bubble?.focus({ preventScroll: true });
        bubble?.scrollIntoView({ block: 'center' });
        // Those around it are measured only now that they are near.
        requestAnimationFrame(() => bubble?.scrollIntoView({ block: 'center' }));
      },
      { injector: this.#injector },
    );
  }
}
