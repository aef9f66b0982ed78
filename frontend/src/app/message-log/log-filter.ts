import { ParamMap, Params } from '@angular/router';
import { Message } from '../api/models';

/** What the address says; empty stands for anything. */
export interface LogFilter {
  readonly search: string;
  readonly period: Period;
  /** Days as 2026-11-26, for the period `dates`. */
  readonly from: string;
  readonly to: string;
  readonly status: StatusGroup;
  readonly direction: '' | Message['direction'];
  readonly number: string;
  readonly code: string;
}

export type Period = '' | 'today' | 'week' | 'month' | 'dates';
export type StatusGroup = '' | keyof typeof STATUSES;

const STATUSES = {
  failed: ['failed', 'undelivered'],
  waiting: ['pending', 'unconfirmed', 'accepted', 'scheduled', 'queued', 'sending'],
  sent: ['sent'],
  delivered: ['delivered', 'read'],
  canceled: ['canceled'],
  received: ['received'],
} as const;

const PERIODS: readonly Period[] = ['today', 'week', 'month', 'dates'];
const DAYS_BACK: Partial<Record<Period, number>> = { today: 0, week: 6, month: 29 };
const DAY = /^\d{4}-\d{2}-\d{2}$/;

export const NO_FILTER: LogFilter = {
  search: '',
  period: '',
  from: '',
  to: '',
  status: '',
  direction: '',
  number: '',
  code: '',
};

/** Ignores what is not known. */
export function fromAddress(params: ParamMap): LogFilter {
  const text = (name: string): string => params.get(name)?.trim() ?? '';
  const day = (name: string): string => (DAY.test(text(name)) ? text(name) : '');
  const period = PERIODS.find((known) => known === text('period')) ?? '';
  const direction = text('direction');
  return {
    search: text('search'),
    period,
    from: period === 'dates' ? day('from') : '',
    to: period === 'dates' ? day('to') : '',
    status: isGroup(text('status')) ? (text('status') as StatusGroup) : '',
    direction: direction === 'outbound' || direction === 'inbound' ? direction : '',
    number: text('number'),
    code: text('code'),
  };
}

/** What is not set is left out, so that the address stays short. */
export function toAddress(filter: LogFilter): Params {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ''));
}

export function isFiltered(filter: LogFilter): boolean {
  return Object.keys(toAddress(filter)).length > 0;
}

export function isSame(one: LogFilter, other: LogFilter): boolean {
  return (Object.keys(NO_FILTER) as (keyof LogFilter)[]).every((name) => one[name] === other[name]);
}

/** The parameters of the API. Days are those of this browser's time zone. */
export function toParameters(
  filter: LogFilter,
  now: Date,
): Readonly<Record<string, string | readonly string[]>> {
  const { from, before } = limitsOf(filter, now);
  const all: Record<string, string | readonly string[]> = {
    search: filter.search,
    status: isGroup(filter.status) ? STATUSES[filter.status] : [],
    direction: filter.direction,
    peer_number: filter.number,
    error_code: filter.code,
    created_from: from?.toISOString() ?? '',
    created_before: before?.toISOString() ?? '',
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value.length > 0));
}

/** Whether only the API can tell what matches: it compares words and numbers in its own way. */
export function needsApi({ search, number }: LogFilter): boolean {
  return search !== '' || number !== '';
}

/** Whether a message that has just come in belongs into the list. */
export function isMatch(filter: LogFilter, message: Message, now: Date): boolean {
  if (needsApi(filter)) return false;
  const { from, before } = limitsOf(filter, now);
  const createdAt = new Date(message.created_at);
  const statuses: readonly string[] = isGroup(filter.status) ? STATUSES[filter.status] : [];
  return (
    (statuses.length === 0 || statuses.includes(message.status)) &&
    (filter.direction === '' || filter.direction === message.direction) &&
    (filter.code === '' || filter.code === String(message.error_code ?? '')) &&
    (!from || createdAt >= from) &&
    (!before || createdAt < before)
  );
}

function limitsOf({ period, from, to }: LogFilter, now: Date): { from?: Date; before?: Date } {
  const back = DAYS_BACK[period];
  if (back !== undefined) return { from: startOfDay(now, -back) };
  return {
    ...(from === '' ? {} : { from: startOfDay(dayOf(from)) }),
    ...(to === '' ? {} : { before: startOfDay(dayOf(to), 1) }),
  };
}

function dayOf(day: string): Date {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date);
}

function startOfDay(time: Date, days = 0): Date {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate() + days);
}

function isGroup(name: string): name is keyof typeof STATUSES {
  return Object.hasOwn(STATUSES, name);
}
