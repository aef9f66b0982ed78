import { HttpClient } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import { Observable } from 'rxjs';
import { API_BASE_URL } from '../../api/base-url';
import { UploadedPicture } from '../../api/models';
import { MEDIA_TIMEOUT_MS } from '../../api/request-timeout';

@Injectable({ providedIn: 'root' })
export class AttachmentsClient {
  readonly #http = inject(HttpClient);
  readonly #url = `${inject(API_BASE_URL)}/api/attachments`;

  upload(content: Blob): Observable<UploadedPicture> {
    return this.#http.post<UploadedPicture>(this.#url, content, {
      headers: { 'Content-Type': 'application/octet-stream' },
      timeout: MEDIA_TIMEOUT_MS,
    });
  }

  remove(id: string): Observable<unknown> {
    return this.#http.delete(`${this.#url}/${id}`);
  }
}
