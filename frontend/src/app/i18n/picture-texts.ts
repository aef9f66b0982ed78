import { plural } from './plural';

/** Pictures of a message that is being written, once there are any. */
export const pictureTexts = {
  label: 'Pictures of this message',
  name: (position: number) => `Picture ${position}`,
  remove: (position: number) => `Remove picture ${position}`,
  uploading: (count: number) =>
    plural(count, { one: 'Uploading # picture…', other: 'Uploading # pictures…' }),
  isUploading: 'Uploading',
  problem: (positions: readonly number[], problem: string) =>
    `${plural(positions.length, {
      one: `Picture ${positions.join()} is not uploaded.`,
      other: '# pictures are not uploaded.',
    })} ${problem}`,
  /** This page never had its file, or has no more: another tab may be uploading it. */
  notUploaded: (positions: readonly number[]) =>
    plural(positions.length, {
      one: `Picture ${positions.join()} is not uploaded yet. Unless another tab is adding it, remove it, and add it again.`,
      other:
        '# pictures are not uploaded yet. Unless another tab is adding them, remove them, and add them again.',
    }),
  expired: (positions: readonly number[]) =>
    plural(positions.length, {
      one: `Picture ${positions.join()} is no longer on the server: remove it, and add it again.`,
      other: '# pictures are no longer on the server: remove them, and add them again.',
    }),
  failed: (problem: string) => `A picture is not uploaded. ${problem}`,
  tryAgain: 'Try again',
  mms: (count: number) =>
    plural(count, {
      one: 'MMS with # picture: in the US, about the price of 3 texts.',
      other: 'MMS with # pictures: in the US, about the price of 3 texts.',
    }),
  mmsWhy:
    'Twilio bills it as one MMS, however long its text. In 2026, its price in the US was 2.7 times that of one segment.',
  link: 'Outside the US, Canada and Australia, the recipient gets a text with a link.',
  added: (count: number) => plural(count, { one: '# picture added.', other: '# pictures added.' }),
  removed: 'Picture removed.',
  tooMany: (maximum: number, leftOut: number) =>
    plural(leftOut, {
      one: `A message can have ${maximum} pictures: # was left out.`,
      other: `A message can have ${maximum} pictures: # were left out.`,
    }),
  others: (count: number) =>
    plural(count, {
      one: 'Only pictures can be sent: # attachment was left out.',
      other: 'Only pictures can be sent: # attachments were left out.',
    }),
  disabled: 'Pictures cannot be sent now: this is the text alone.',
  /** By the name of the file, or the position of the picture. */
  refused: {
    unreadable: (file: string | number) =>
      `${nameOf(file)} cannot be opened as a picture here. Choose a JPEG, PNG or GIF.`,
    tooLarge: (file: string | number) =>
      `${nameOf(file)} is too large for this message. Choose a smaller one.`,
  },
} as const;

/** The isolates keep the direction of the name's script. */
function nameOf(file: string | number): string {
  return typeof file === 'number' ? `Picture ${file}` : `“\u2068${file}\u2069”`;
}
