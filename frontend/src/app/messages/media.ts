import { Media, Message } from '../api/models';
import { messagesTexts } from '../i18n/messages-texts';

/** How a medium is shown. Those that a browser may not show are files. */
export type MediaKind = 'picture' | 'audio' | 'video' | 'file';

const PICTURES = ['image/gif', 'image/jpeg', 'image/png', 'image/webp'];
const SOUNDS = ['audio/aac', 'audio/mp4', 'audio/mpeg', 'audio/ogg', 'audio/wav'];
const VIDEOS = ['video/3gpp', 'video/mp4', 'video/webm'];

/** The API serves these types as themselves, and no others. */
export function kindOf({ content_type }: Media): MediaKind {
  if (PICTURES.includes(content_type)) return 'picture';
  if (SOUNDS.includes(content_type)) return 'audio';
  return VIDEOS.includes(content_type) ? 'video' : 'file';
}

/** Whether it has one that can be sent again. */
export function hasPicture({ media }: Message): boolean {
  return media.some((each) => kindOf(each) === 'picture');
}

/** Those that the API does not have: an earlier version has received them, or they are gone. */
export function countMissing({ num_media, media }: Message): number {
  return Math.max(0, num_media - media.length);
}

/** "Picture", "2 videos", "3 attachments". */
export function describeMedia({ num_media, media }: Message): string {
  const { counts, missing } = messagesTexts.media;
  if (media.length === 0) return missing(num_media);
  const [kind, ...others] = new Set(media.map(kindOf));
  return kind && others.length === 0 ? counts[kind](media.length) : counts.mixed(media.length);
}
