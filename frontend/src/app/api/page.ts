import { HttpHeaders } from '@angular/common/http';

/** A page of a list, newest first. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Of the whole list. */
  readonly total: number;
  /** There are older rows. */
  readonly hasMore: boolean;
  /** The position from which the next rows follow: the id of the last row; of a search, that of the last message searched. */
  readonly next?: string | undefined;
  /** There are newer rows, for a page that was requested by an older message. */
  readonly hasNewer: boolean;
}

/** The position from which the next page follows; undefined after the last one. */
export function nextOf(headers: HttpHeaders): string | undefined {
  const links = headers.get('Link') ?? '';
  return /[?&](?:before|position)=([^&>]*)[^>]*>; *rel="?next"?/.exec(links)?.[1];
}
