import { HttpClient } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import { Observable, firstValueFrom, takeUntil } from 'rxjs';
import { API_BASE_URL } from '../api/base-url';
import { ImportColumn, ImportedContacts } from '../api/models';
import { EXPORT_TIMEOUT_MS, IMPORT_TIMEOUT_MS } from '../api/request-timeout';
import { ContactsStore } from './contacts-store';

/** The API's limit. */
export const MAX_FILE_BYTES = 5 * 1024 * 1024;
const PICTURES = /^(?:[\w-]+\.)?(?:PHOTO|LOGO|SOUND|KEY)[;:].*(?:\r?\n[ \t].*)*\r?\n?/gim;

/** What the user has decided about a file. */
export interface ImportChoices {
  /** What its columns are; undefined to have them recognized. */
  readonly columns?: readonly ImportColumn['field'][];
  /** What becomes of contacts that the user has already. */
  readonly existing: 'update' | 'keep';
  /** Whose numbers the file may have as they are dialled there (ISO 3166); undefined for the server's default. */
  readonly country?: string | undefined;
}

/** Files of contacts, to the API and from it. */
@Injectable()
export class ContactFiles {
  readonly #http = inject(HttpClient);
  readonly #contacts = `${inject(API_BASE_URL)}/api/contacts`;
  readonly #store = inject(ContactsStore);

  export(): Promise<Blob> {
    return firstValueFrom(
      this.#http.get(`${this.#contacts}/export.csv`, {
        responseType: 'blob',
        timeout: EXPORT_TIMEOUT_MS,
      }),
    );
  }

  /** What the file would change. Rejects once it is superseded: then the file is not uploaded any further. */
  preview(
    file: Blob,
    choices: ImportChoices,
    superseded: Observable<unknown>,
  ): Promise<ImportedContacts> {
    return firstValueFrom(this.#send(file, choices, false).pipe(takeUntil(superseded)));
  }

  /** Stores its contacts. May be repeated. */
  async import(file: Blob, choices: ImportChoices): Promise<ImportedContacts> {
    try {
      return await firstValueFrom(this.#send(file, choices, true));
    } finally {
      // Also if it has failed: some may be stored.
      this.#store.refresh();
    }
  }

  #send(
    file: Blob,
    { columns, existing, country }: ImportChoices,
    apply: boolean,
  ): Observable<ImportedContacts> {
    const params = {
      apply,
      existing,
      ...(columns && { columns: columns.join(',') }),
      ...(country && { country }),
    };
    return this.#http.post<ImportedContacts>(`${this.#contacts}/import`, file, {
      params,
      headers: { 'Content-Type': 'application/octet-stream' },
      timeout: IMPORT_TIMEOUT_MS,
    });
  }
}

/** Cards with pictures are large, and nothing reads their pictures. Rejects if the file cannot be read. */
export async function withoutPictures(file: Blob): Promise<Blob> {
  const bytes = await file.arrayBuffer();
  if (file.size <= MAX_FILE_BYTES) return new Blob([bytes]);
  const text = decode(bytes);
  return /^\s*BEGIN:VCARD/i.test(text) ? new Blob([text.replace(PICTURES, '')]) : file;
}

/** As the API does, which gets the text in UTF-8. */
function decode(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
