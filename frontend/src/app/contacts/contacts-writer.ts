import { HttpClient } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import { firstValueFrom } from 'rxjs';
import { API_BASE_URL } from '../api/base-url';
import { Contact, ContactFields } from '../api/models';
import { REQUEST_TIMEOUT_MS } from '../api/request-timeout';
import { withLabels } from './contact-input';
import { ContactsStore } from './contacts-store';

/** The user's changes of contacts. Each may be repeated: what fails is for the user to try again. */
@Injectable()
export class ContactsWriter {
  readonly #http = inject(HttpClient);
  readonly #contacts = `${inject(API_BASE_URL)}/api/contacts`;
  readonly #store = inject(ContactsStore);

  async store(number: string, contact: ContactFields): Promise<Contact> {
    // One that an earlier version has stored may have a comma, which the API refuses.
    const labels = withLabels([], contact.labels.join());
    const body = { contact: { ...contact, labels } };
    const call = this.#http.put<Contact>(this.#urlOf(number), body, OPTIONS);
    const stored = await firstValueFrom(call);
    this.#store.apply(stored);
    return stored;
  }

  async delete(number: string): Promise<void> {
    await firstValueFrom(this.#http.delete(this.#urlOf(number), OPTIONS));
    this.#store.drop(number);
  }

  #urlOf(number: string): string {
    return `${this.#contacts}/${encodeURIComponent(number)}`;
  }
}

const OPTIONS = { timeout: REQUEST_TIMEOUT_MS };
