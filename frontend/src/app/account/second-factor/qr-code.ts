import { ChangeDetectionStrategy, Component, computed, effect, input, signal } from '@angular/core';

/** A text as a QR code, in one SVG path. Without the script that draws it, which is loaded when needed, there is none. */
@Component({
  selector: 'app-qr-code',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @if (rows(); as rows) {
      <svg role="img" [attr.aria-label]="label()" [attr.viewBox]="viewBox()">
        <path [attr.d]="path()" />
      </svg>
    }
  `,
  host: { class: 'qr-code' },
})
export class QrCode {
  readonly text = input.required<string>();
  readonly label = input.required<string>();

  /** Each module: whether it is dark. */
  protected readonly rows = signal<readonly (readonly boolean[])[] | undefined>(undefined);
  protected readonly viewBox = computed(() => {
    const size = this.rows()?.length ?? 0;
    return `0 0 ${size} ${size}`;
  });
  protected readonly path = computed(() =>
    (this.rows() ?? [])
      .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')))
      .join(''),
  );

  constructor() {
    effect(() => {
      const text = this.text();
      import('uqr').then(
        // The quiet zone that the standard asks for.
        ({ encode }) => {
          this.rows.set(encode(text, { ecc: 'M', border: 4 }).data);
        },
        () => undefined,
      );
    });
  }
}
