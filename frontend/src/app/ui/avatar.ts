import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';

const HUES = 8;

/** Two characters on a colour; decoration beside the full name. */
@Component({
  selector: 'app-avatar',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `{{ letters() }}`,
  host: { '[class]': 'classes()', 'aria-hidden': 'true', translate: 'no' },
})
export class Avatar {
  readonly letters = input.required<string>();
  /** Determines the colour: the same name always has the same one. */
  readonly name = input.required<string>();

  protected readonly classes = computed(() => `avatar avatar--hue-${hueOf(this.name())}`);
}

function hueOf(name: string): number {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return hash % HUES;
}
