import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';

/**
 * The shape of what is being loaded: rows with a face, bubbles of a thread, or lines of text. Nothing is said of it;
 * what it stands in is `aria-busy`, with a text for those who do not see it.
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
