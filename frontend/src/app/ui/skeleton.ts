import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';

/**
 * A placeholder while something loads: rows with an avatar, bubbles of a thread, or lines of text. Hidden from screen
 * readers: its container is `aria-busy` and has a text for them.
 */
@Component({
  selector: 'app-skeleton',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @for (part of parts(); track $index) {
      <span class="skeleton__part"></span>
    }
  `,
  host: { '[class]': "'skeleton skeleton--' + shape()", 'aria-hidden': 'true' },
})
export class Skeleton {
  readonly shape = input.required<'rows' | 'bubbles' | 'lines'>();
  readonly count = input(5);

  protected readonly parts = computed(() => Array.from({ length: this.count() }));
}
