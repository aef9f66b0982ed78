import { Contact, ContactFields } from '../api/models';
import { isBlank } from '../phone-numbers/blank';

export type ConsentMethod = NonNullable<Contact['consent']>['method'];

/** A contact as it is typed. */
export interface ContactInput {
  readonly name: string;
  readonly note: string;
  readonly labels: readonly string[];
  /** A label that is being typed. */
  readonly label: string;
  /** Of the consent; empty if that is not known. */
  readonly method: ConsentMethod | '';
  /** In local time, to the minute. */
  readonly at: string;
  readonly source: string;
}

export function toInput(contact: Contact | undefined): ContactInput {
  const { name = '', note = '', labels = [], consent } = contact ?? {};
  return {
    name,
    note,
    labels,
    label: '',
    method: consent?.method ?? '',
    at: consent ? toLocal(consent.at) : '',
    source: consent?.source ?? '',
  };
}

/** What the API stores of it: names and labels of nothing visible are none. */
export function toFields(input: ContactInput, known: Contact | undefined): ContactFields {
  const { name, note, labels, label, method, at, source } = input;
  return {
    name: isBlank(name) ? '' : tidy(name),
    note: tidy(note),
    labels: withLabels(labels, label),
    consent: method ? { method, at: toInstant(at, known), source: tidy(source) } : null,
  };
}

/** Those of a text, as the API separates them. */
export function splitLabels(text: string): string[] {
  return text
    .split(/[,;\n]|:::/)
    .filter((label) => !isBlank(label))
    .map(tidy);
}

/** Each once. */
export function withLabels(labels: readonly string[], text: string): string[] {
  return [...new Set([...labels, ...splitLabels(text)])];
}

export function isSame(contact: Contact | undefined, fields: ContactFields): boolean {
  if (!contact) return false;
  const { name, note, labels, consent } = contact;
  return spell({ name, note, labels, consent }) === spell(fields);
}

function spell({ name, note, labels, consent }: ContactFields): string {
  const consented = consent && [consent.method, Date.parse(consent.at), consent.source];
  return JSON.stringify([name, note, labels, consented]);
}

/** As the API does it. */
export function tidy(text: string): string {
  return text.normalize('NFC').trim();
}

function toLocal(time: string): string {
  const date = new Date(time);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** A time that stays as it is keeps its seconds. */
function toInstant(at: string, known: Contact | undefined): string {
  const before = known?.consent?.at;
  if (before !== undefined && toLocal(before) === at) return before;
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}
