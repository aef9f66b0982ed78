import { Injectable } from '@angular/core';

/** The token of the link in a mail, in memory only. The page may be created anew, when a session here turns out to have ended. */
@Injectable({ providedIn: 'root' })
export class ResetToken {
  value = '';
}
