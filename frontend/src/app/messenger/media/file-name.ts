import { Media } from '../../api/models';

const EXTENSIONS: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'audio/aac': 'aac',
  'audio/mp4': 'm4a',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'ogg',
  'audio/wav': 'wav',
  'image/gif': 'gif',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'text/vcard': 'vcf',
  'text/x-vcard': 'vcf',
  'video/3gpp': '3gp',
  'video/mp4': 'mp4',
  'video/webm': 'webm',
};

/** The name under which a medium is saved: nobody can open what ends in `.html` or `.exe` by accident. */
export function fileNameOf(messageId: string, { index, content_type }: Media): string {
  return `attachment-${messageId}-${index + 1}.${EXTENSIONS[content_type] ?? 'bin'}`;
}
