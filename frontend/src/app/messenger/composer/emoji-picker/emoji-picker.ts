import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  Injector,
  afterNextRender,
  computed,
  inject,
  input,
  linkedSignal,
  output,
  signal,
  viewChild,
} from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { NavigationStart, Router } from '@angular/router';
import { filter } from 'rxjs';
import { emojiTexts } from '../../../i18n/emoji-texts';
import { hasLasted } from '../../../ui/has-lasted';
import { Icon } from '../../../ui/icon';
import { isComposing } from '../../../ui/is-composing';
import { TOUCH_SCREEN } from '../../../ui/touch-screen';
import { placeBeside } from '../../place-beside';
import { Emoji, EmojiGroup, findEmoji, loadEmoji } from './emoji';
import { cellAfter } from './grid-navigation';
import { RecentEmoji } from './recent-emoji';

const MAX_RESULTS = 80;

/** A part of what is shown, with a heading. */
interface Section {
  readonly name: keyof typeof emojiTexts.groups | 'results';
  readonly title: string;
  readonly emoji: readonly Emoji[];
  /** The number of its first emoji among all that are shown. */
  readonly first: number;
}

/** A modal dialog, so that it takes the focus and gives it back. It is there from its opening to its closing. */
@Component({
  selector: 'app-emoji-picker',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  providers: [RecentEmoji],
  templateUrl: './emoji-picker.html',
  host: { '(click)': 'click($event)', '(keydown)': 'move($event)' },
})
export class EmojiPicker {
  readonly #injector = inject(Injector);
  readonly #recent = inject(RecentEmoji);

  /** What it is placed beside. */
  readonly anchor = input.required<Element>();
  readonly chosen = output<string>();
  readonly closed = output();

  protected readonly dialog = viewChild.required<ElementRef<HTMLDialogElement>>('dialog');
  protected readonly search = viewChild.required<ElementRef<HTMLInputElement>>('search');
  protected readonly closing = viewChild.required<ElementRef<HTMLButtonElement>>('closing');

  protected readonly texts = emojiTexts;
  readonly #groups = signal<readonly EmojiGroup[] | undefined>(undefined);
  protected readonly hasFailed = signal(false);
  protected readonly showsLoading = hasLasted(
    computed(() => this.#groups() === undefined && !this.hasFailed()),
  );
  protected readonly query = signal('');

  /** As they are when it is opened: they do not move while they are looked at. */
  readonly #recentlyUsed = this.#recent.read();
  readonly #all = computed<readonly Section[]>(() => {
    const groups = this.#groups();
    if (!groups) return [];
    const known = new Map(
      groups.flatMap(({ emoji }) => emoji).map((one) => [one.characters, one] as const),
    );
    const recent = this.#recentlyUsed.flatMap((characters) => known.get(characters) ?? []);
    return inSections([{ name: 'recent' as const, emoji: recent }, ...groups]);
  });
  readonly #found = computed<readonly Section[]>(() => {
    const found = findEmoji(this.#groups() ?? [], this.query());
    return inSections([{ name: 'results', emoji: found.slice(0, MAX_RESULTS) }]);
  });
  readonly #isSearching = computed(() => this.query().trim() !== '');
  protected readonly sections = computed(() => (this.#isSearching() ? this.#found() : this.#all()));
  /** Those that there is a button for. */
  protected readonly groups = computed(() =>
    this.#all().map(({ name, title, emoji }) => ({ name, title, sign: emoji[0]?.characters })),
  );
  /** The number of the one that the Tab key leads to. */
  protected readonly current = linkedSignal({ source: this.sections, computation: () => 0 });
  protected readonly result = computed(() => {
    if (!this.#isSearching() || !this.#groups()) return '';
    const count = this.sections()[0]?.emoji.length ?? 0;
    return count === 0 ? this.texts.nothing(this.query().trim()) : this.texts.found(count);
  });

  constructor() {
    void this.load();
    // A step back, for instance. The composer may stay.
    inject(Router)
      .events.pipe(
        filter((event) => event instanceof NavigationStart),
        takeUntilDestroyed(),
      )
      .subscribe(() => {
        this.close();
      });
    afterNextRender(() => {
      const dialog = this.dialog().nativeElement;
      dialog.showModal();
      placeBeside(dialog, this.anchor());
      // Not where the field would open a keyboard on the screen, which has emoji of its own.
      const focused = matchMedia(TOUCH_SCREEN).matches ? this.closing() : this.search();
      focused.nativeElement.focus();
    });
  }

  protected async load(): Promise<void> {
    this.hasFailed.set(false);
    try {
      this.#groups.set(await loadEmoji());
    } catch {
      this.hasFailed.set(true);
    }
  }

  protected close(): void {
    this.dialog().nativeElement.close();
  }

  protected showGroup(name: Section['name']): void {
    this.search().nativeElement.value = '';
    this.query.set('');
    const section = this.sections().find((section) => section.name === name);
    this.current.set(section?.first ?? 0);
    afterNextRender(
      () => document.getElementById(`emoji-group-${name}`)?.scrollIntoView({ block: 'start' }),
      { injector: this.#injector },
    );
  }

  protected leaveSearch(event: KeyboardEvent): void {
    if (isComposing(event) || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      this.#focus(this.current());
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const first = this.#isSearching() ? this.sections()[0]?.emoji[0] : undefined;
      if (first && !event.repeat) this.#choose(first.characters);
    }
  }

  protected move(event: KeyboardEvent): void {
    const { target, key } = event;
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!(target instanceof HTMLElement) || target.role !== 'option') return;
    if (key.length === 1 && key !== ' ') {
      // What is typed goes where it can be read.
      this.search().nativeElement.focus();
      return;
    }
    const sizes = this.sections().map(({ emoji }) => emoji.length);
    const next = cellAfter(key, this.current(), sizes, columnsAround(target));
    if (next !== undefined) this.#focus(next);
    else if (key === 'ArrowUp') this.search().nativeElement.focus();
    else return;
    event.preventDefault();
  }

  protected click({ target }: MouseEvent): void {
    const option = target instanceof Element ? target.closest('[role=option]') : null;
    if (option) this.#choose(option.textContent.trim());
    // Outside of it.
    else if (target === this.dialog().nativeElement) this.close();
  }

  #choose(characters: string): void {
    this.#recent.add(characters);
    this.close();
    this.chosen.emit(characters);
  }

  #focus(number: number): void {
    this.current.set(number);
    document.getElementById(`emoji-${number}`)?.focus();
  }
}

/** Without the empty ones. */
function inSections(
  parts: readonly { readonly name: Section['name']; readonly emoji: readonly Emoji[] }[],
): Section[] {
  let first = 0;
  return parts
    .filter(({ emoji }) => emoji.length > 0)
    .map(({ name, emoji }) => {
      const title = name === 'results' ? emojiTexts.results : emojiTexts.groups[name];
      const section = { name, title, emoji, first };
      first += emoji.length;
      return section;
    });
}

/** It depends on the width of the window. */
function columnsAround(option: HTMLElement): number {
  const grid = option.parentElement;
  return grid ? getComputedStyle(grid).gridTemplateColumns.split(' ').length : 1;
}
