import { HttpErrorResponse } from '@angular/common/http';

const LONGEST_WAIT_SECONDS = 86_400;

/** Why a call failed: an RFC 9457 problem, or no response at all (status 0). */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: Readonly<Record<string, readonly string[]>>;
  readonly retryAfterSeconds: number | undefined;
  /** All members, including those of one kind of problem only. */
  readonly members: Readonly<Record<string, unknown>>;
}

export function toProblem(error: unknown): Problem {
  if (!(error instanceof HttpErrorResponse)) return withoutResponse('unknown');
  if (error.status === 0) return withoutResponse(isTimeout(error.error) ? 'timeout' : 'offline');
  const members = isRecord(error.error) ? error.error : {};
  return {
    status: error.status,
    code: stringOf(members['code']),
    detail: stringOf(members['detail']),
    errors: fieldErrors(members['errors']),
    retryAfterSeconds: seconds(error.headers.get('Retry-After')),
    members,
  };
}

/** Whether the same request may succeed later by itself. */
export function isTransient({ status }: Problem): boolean {
  return status < 400 || status >= 500 || [401, 408, 425, 429].includes(status);
}

/** Whether the API has answered that it has not done, and is not doing, what the request asks for. */
export function hasRefused({ status }: Problem): boolean {
  return status >= 400 && status < 500 && status !== 408;
}

function withoutResponse(code: 'timeout' | 'offline' | 'unknown'): Problem {
  return { status: 0, code, detail: '', errors: {}, retryAfterSeconds: undefined, members: {} };
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}

function fieldErrors(value: unknown): Record<string, string[]> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([field, sentences]) => [
      field,
      Array.isArray(sentences) ? sentences.map(String) : [String(sentences)],
    ]),
  );
}

/** RFC 9110: seconds, or a date. At most a day, because a timer of more than 24.8 days fires at once. */
function seconds(header: string | null): number | undefined {
  if (header === null) return undefined;
  const wait = /^\d+$/.test(header)
    ? Number(header)
    : Math.ceil((Date.parse(header) - Date.now()) / 1000);
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(0, wait), LONGEST_WAIT_SECONDS);
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
