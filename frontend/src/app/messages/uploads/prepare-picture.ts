import { Size, budgetOf, encodingsOf, fitsUnchanged, scaledTo } from './picture-size';

/** Why something cannot be sent as a picture. */
export class PictureError extends Error {
  constructor(readonly reason: 'unreadable' | 'tooLarge') {
    super(reason);
  }
}

interface Prepared {
  readonly content: Blob;
  /** As a data URL. */
  readonly thumbnail: string;
}

const THUMBNAIL_PIXELS = 96;
/** In characters; the browser stores it. */
const LONGEST_THUMBNAIL = 4_000;

/**
 * Makes a picture ready to be one of so many that share this room. It becomes a JPEG of a moderate size, without what a camera has
 * written into it, such as the place. A GIF stays as it is, since it may move.
 */
export async function preparePicture(file: Blob, room: number, count: number): Promise<Prepared> {
  // What it is its bytes tell, as the API goes by them.
  const isGif = (await startOf(file)) === 'GIF8';
  const bitmap = await decode(file);
  try {
    const thumbnail = thumbnailOf(bitmap);
    if (!isGif) return { content: await encode(bitmap, budgetOf(room, count)), thumbnail };
    if (!fitsUnchanged(file.size, room, count)) throw new PictureError('tooLarge');
    return { content: file, thumbnail };
  } finally {
    bitmap.close();
  }
}

/** A folder, or a file that was removed since, cannot be read. */
async function startOf(file: Blob): Promise<string> {
  try {
    return await file.slice(0, 4).text();
  } catch {
    throw new PictureError('unreadable');
  }
}

async function decode(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    throw new PictureError('unreadable');
  }
}

async function encode(bitmap: ImageBitmap, budget: number): Promise<Blob> {
  for (const { longest, quality } of encodingsOf(bitmap)) {
    const canvas = draw(bitmap, scaledTo(bitmap, longest));
    const blob = await new Promise<Blob | null>((resolve) => {
      canvas.toBlob(resolve, 'image/jpeg', quality);
    });
    if (!blob) throw new PictureError('unreadable');
    if (blob.size <= budget) return blob;
  }
  throw new PictureError('tooLarge');
}

function thumbnailOf(bitmap: ImageBitmap): string {
  const canvas = draw(bitmap, scaledTo(bitmap, THUMBNAIL_PIXELS));
  const urls = [0.7, 0.5, 0.3].map((quality) => canvas.toDataURL('image/jpeg', quality));
  return urls.find(({ length }) => length <= LONGEST_THUMBNAIL) ?? '';
}

/** On white, where it is transparent: a JPEG would show black. */
function draw(bitmap: ImageBitmap, { width, height }: Size): HTMLCanvasElement {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d');
  if (!context) throw new PictureError('unreadable');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
  return canvas;
}
