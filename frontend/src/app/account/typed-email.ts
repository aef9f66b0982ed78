import { Injectable, inject } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { FormControl } from '@angular/forms';
import { SessionStore } from '../session/session-store';
import { whenSignedIn } from '../session/when-signed-in';
import { email, required } from '../ui/validators';

/** The email as it was typed last, so that nobody types it again on the next page. In memory, until a user signs in. */
@Injectable({ providedIn: 'root' })
export class TypedEmail {
  value = '';

  constructor() {
    whenSignedIn(() => {
      this.value = '';
    });
  }
}

/** In an injection context: a control that begins with the email of the page before, or of the user. */
export function typedEmailControl(): FormControl<string> {
  const typed = inject(TypedEmail);
  const known = typed.value || (inject(SessionStore).user()?.email ?? '');
  const control = new FormControl(known, { nonNullable: true, validators: [required, email] });
  control.valueChanges.pipe(takeUntilDestroyed()).subscribe((value) => {
    typed.value = value;
  });
  return control;
}
