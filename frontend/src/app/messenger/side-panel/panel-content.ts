import {
  ChangeDetectionStrategy,
  Component,
  ComponentRef,
  DestroyRef,
  Type,
  ViewContainerRef,
  afterNextRender,
  effect,
  inject,
  input,
  signal,
  viewChild,
} from '@angular/core';
import { LazyParts } from '../../ui/lazy-parts';
import { Skeleton } from '../../ui/skeleton';

/** A component that is loaded when it is to be shown. */
export interface LazyContent<T> {
  readonly load: () => Promise<Type<T>>;
  /** Subscribes to its outputs. */
  listen?(component: T): void;
}

/** Shows such a component in its place. */
@Component({
  selector: 'app-panel-content',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Skeleton],
  template: `
    @if (isLoading() && skeleton(); as shape) {
      <app-skeleton [shape]="shape" [count]="4" />
    }
    <ng-container #place />
  `,
  host: { class: 'side-panel__content' },
})
export class PanelContent<T> {
  readonly #lazyParts = inject(LazyParts);
  readonly #destroyRef = inject(DestroyRef);

  readonly content = input.required<LazyContent<T>>();
  readonly inputs = input.required<Readonly<Record<string, unknown>>>();

  readonly skeleton = input<'lines' | 'rows' | undefined>('lines');

  protected readonly place = viewChild.required('place', { read: ViewContainerRef });
  protected readonly isLoading = signal(true);
  readonly #component = signal<ComponentRef<T> | undefined>(undefined);

  constructor() {
    afterNextRender(() => void this.#load());
    effect(() => {
      setInputs(this.#component(), this.inputs());
    });
  }

  async #load(): Promise<void> {
    const content = this.content();
    const type = await this.#lazyParts.load(content.load);
    if (this.#destroyRef.destroyed) return;
    this.isLoading.set(false);
    if (!type) return;
    const component = this.place().createComponent(type);
    setInputs(component, this.inputs());
    content.listen?.(component.instance);
    this.#component.set(component);
  }
}

function setInputs(
  component: ComponentRef<unknown> | undefined,
  inputs: Readonly<Record<string, unknown>>,
): void {
  for (const [name, value] of Object.entries(inputs)) component?.setInput(name, value);
}
