import { NewMessage } from '../api/models';
import { messagesTexts } from '../i18n/messages-texts';
import { newRandomKey } from './random-key';

/** A picture of a message that is being written, or that the API has not answered for. */
export interface Picture {
  /** Names it in this browser, before and after it is uploaded. */
  readonly key: string;
  /** Those of a draft come in this order. */
  readonly order: number;
  /** Names it to the API; empty until it is uploaded. */
  readonly id: string;
  /** A small JPEG, as a data URL; empty until it is known. */
  readonly thumbnail: string;
  readonly bytes: number;
  /** When the API has got it, in milliseconds. */
  readonly uploadedAt: number;
}

/** A message as it is written. */
export type WrittenMessage = Omit<NewMessage, 'media'> & {
  readonly media?: readonly Picture[] | undefined;
};

/** The API keeps a picture that no message has for a day. */
const KEPT_MS = 23 * 3600 * 1000;

/** Its place, until it is uploaded; of several that are added together, with its index. */
export function newPicture(index = 0): Picture {
  const order = Date.now() + index;
  return { key: newRandomKey(), order, id: '', thumbnail: '', bytes: 0, uploadedAt: 0 };
}

export function isExpired({ id, uploadedAt }: Picture): boolean {
  return id !== '' && Date.now() - uploadedAt >= KEPT_MS;
}

export function isUploaded(picture: Picture): boolean {
  return picture.id !== '' && !isExpired(picture);
}

/** From what the browser has stored. */
export function toPictures(value: unknown): readonly Picture[] {
  if (!Array.isArray(value)) return [];
  return (value as (Picture | null)[])
    .filter((picture) => typeof picture?.id === 'string')
    .map((picture) => ({ ...newPicture(), ...picture }));
}

/** "Picture", "2 pictures"; empty without any. */
export function describePictures({ length }: readonly Picture[] = []): string {
  return length > 0 ? messagesTexts.media.counts.picture(length) : '';
}
