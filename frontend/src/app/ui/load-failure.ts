import { Injectable, signal } from '@angular/core';

/** A part of the application that could not be loaded when it was needed. */
@Injectable({ providedIn: 'root' })
export class MissingPart {
  /** The address that a reload leads to; undefined while nothing is missing. */
  readonly url = signal<string | undefined>(undefined);
}
