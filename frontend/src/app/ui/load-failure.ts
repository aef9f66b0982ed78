import { Injectable, signal } from '@angular/core';

/** A script or stylesheet could not be loaded when it was needed. */
@Injectable({ providedIn: 'root' })
export class LoadFailure {
  /** The address that a reload opens; undefined if everything is loaded. */
  readonly url = signal<string | undefined>(undefined);
}
