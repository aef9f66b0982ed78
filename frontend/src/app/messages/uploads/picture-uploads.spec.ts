import { TestBed } from '@angular/core/testing';
import { Observable, Subject, of, throwError } from 'rxjs';
import { Media, UploadedPicture } from '../../api/models';
import { ComposeForm, addPlaces, newComposeForm } from '../drafts/compose-form';
import { ComposeForms } from '../drafts/compose-forms';
import { MessagesClient } from '../messages-client';
import { isUploaded } from '../pictures';
import { SendingSettings } from '../sending-settings';
import { AttachmentsClient } from './attachments-client';
import { PictureSource, PictureUploads } from './picture-uploads';

const LIMITS = { maximum_count: 3, maximum_bytes: 5_000_000 };
const aFile = (name: string): File => new File(['bytes'], name);
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000 });
const aMedium = (index: number, content_type: string): Media => ({ index, content_type });

describe('PictureUploads', () => {
  let requests: { readonly content: Blob; readonly answer: Subject<UploadedPicture> }[];
  /** The ids of pictures that the API was asked to delete. */
  let removed: string[];
  let form: ComposeForm;
  let limits: typeof LIMITS | null;
  let removedElsewhere: Subject<string>;
  let settings: SendingSettings;
  /** What the browser opens as a picture, one after the other. */
  let decode: ReturnType<typeof vi.fn>;
  const media = vi.fn<(id: string, index: number) => Observable<Blob>>();
  const uploads = () => TestBed.inject(PictureUploads);
  const ids = () => form.getRawValue().media.map(({ id }) => id);

  beforeEach(() => {
    requests = [];
    removed = [];
    limits = LIMITS;
    removedElsewhere = new Subject();
    settings = {
      untilLoaded: () => Promise.resolve(),
      value: () => ({ pictures: limits }),
    } as unknown as SendingSettings;
    media.mockReset().mockReturnValue(of(aFile('')));
    decode = vi.fn(() => Promise.resolve({ width: 40, height: 30, close: () => undefined }));
    vi.stubGlobal('createImageBitmap', decode);
    const canvas = HTMLCanvasElement.prototype;
    const context = { drawImage: () => undefined, fillRect: () => undefined };
    vi.spyOn(canvas, 'getContext').mockReturnValue(context as unknown as null);
    vi.spyOn(canvas, 'toBlob').mockImplementation((done) => {
      done(new Blob(['a JPEG']));
    });
    vi.spyOn(canvas, 'toDataURL').mockReturnValue('data:image/jpeg;base64,');
    TestBed.configureTestingModule({
      providers: [
        PictureUploads,
        {
          provide: AttachmentsClient,
          useValue: {
            upload: (content: Blob) => {
              const answer = new Subject<UploadedPicture>();
              requests.push({ content, answer });
              return answer;
            },
            remove: (id: string) => {
              removed.push(id);
              return throwError(() => new Error('Not found'));
            },
          },
        },
        { provide: ComposeForms, useValue: { removedElsewhere } },
        { provide: MessagesClient, useValue: { media } },
      ],
    });
    form = newComposeForm('+14155552671', () => undefined);
  });

  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  function add(...sources: PictureSource[]): void {
    void uploads().add(form, settings, addPlaces(form, sources));
  }

  async function answer(index: number): Promise<void> {
    await eventually(() => {
      expect(requests).toHaveLength(index + 1);
    });
    requests[index]?.answer.next({
      ...{ _id: `id-${String(index)}`, content_type: 'image/jpeg', bytes: 6 },
      created_at: '2026-11-22T12:00:00.000Z',
    });
    requests[index]?.answer.complete();
  }

  it('uploads those of a form one after the other, in their order', async () => {
    add(aFile('one.jpg'), aFile('two.jpg'));
    expect(ids()).toEqual(['', '']);
    await answer(0);
    await answer(1);
    await eventually(() => {
      expect(ids()).toEqual(['id-0', 'id-1']);
    });
    expect(form.getRawValue().media.every(isUploaded)).toBe(true);
    expect(form.getRawValue().media[0]).toMatchObject({
      bytes: 6,
      thumbnail: 'data:image/jpeg;base64,',
    });
  });

  it('does not upload one that is removed while it is made ready', async () => {
    let decoded: (bitmap: unknown) => void = () => undefined;
    decode.mockReturnValueOnce(new Promise((resolve) => (decoded = resolve)));
    add(aFile('removed.jpg'), aFile('two.jpg'));
    await eventually(() => {
      expect(decode).toHaveBeenCalledOnce();
    });
    const [removed] = form.getRawValue().media;
    if (removed) uploads().remove(form, removed);
    decoded({ width: 4, height: 3, close: () => undefined });
    await answer(0);
    await eventually(() => {
      expect(ids()).toEqual(['id-0']);
    });
    expect(requests).toHaveLength(1);
  });

  it('asks the API to delete what the user removes', async () => {
    add(aFile('one.jpg'), aFile('two.jpg'));
    await answer(0);
    await eventually(() => {
      expect(requests).toHaveLength(2);
    });
    const [uploaded, uploading] = form.getRawValue().media;
    if (uploaded) uploads().remove(form, uploaded);
    expect(removed).toEqual(['id-0']);
    if (uploading) uploads().remove(form, uploading);
    expect(removed).toEqual(['id-0']);
  });

  it('leaves what was part of a message to the API, since others that wait may have it', async () => {
    add(aFile('one.jpg'));
    await answer(0);
    await eventually(() => {
      expect(ids()).toEqual(['id-0']);
    });
    uploads().forget(form);
    const [takenBack] = form.getRawValue().media;
    if (takenBack) uploads().remove(form, takenBack);
    expect([ids(), removed]).toEqual([[], []]);
  });

  it('ends the upload of one that another tab removes', async () => {
    add(aFile('removed.jpg'), aFile('two.jpg'));
    await eventually(() => {
      expect(requests).toHaveLength(1);
    });
    const [removed, kept] = form.getRawValue().media;
    if (!removed || !kept) throw new Error();
    form.controls.media.setValue([kept]);
    removedElsewhere.next(removed.key);
    expect(requests[0]?.answer.observed).toBe(false);
    expect(uploads().stateOf(removed)).toBeUndefined();
    await answer(1);
    await eventually(() => {
      expect(ids()).toEqual(['id-1']);
    });
  });

  it('goes on after one that cannot be opened, and says which it is', async () => {
    decode.mockRejectedValueOnce(new Error('No picture'));
    add(aFile('notes.txt'), aFile('two.jpg'));
    await answer(0);
    await eventually(() => {
      expect(ids()).toEqual(['id-0']);
    });
    expect(uploads().news()).toMatchObject({ form, isProblem: true });
    expect(uploads().news()?.text).toContain('notes.txt');
  });

  it('says of several which cannot be opened, until the message is sent', async () => {
    decode.mockRejectedValue(new Error('No picture'));
    add(aFile('one.heic'), aFile('two.heic'));
    await eventually(() => {
      expect(uploads().news()?.text).toContain('two.heic');
    });
    expect(uploads().news()?.text).toContain('one.heic');
    uploads().forget(form);
    expect(uploads().news()).toBeUndefined();
  });

  it('gives no other message the pictures of one that is sent', async () => {
    add(aFile('one.jpg'));
    // As another tab has stored it.
    const before = form.getRawValue().media;
    await answer(0);
    await eventually(() => {
      expect(ids()).toEqual(['id-0']);
    });
    uploads().forget(form);
    form.controls.media.setValue(before);
    uploads().update(form);
    expect(ids()).toEqual(['']);
  });

  it('uploads those of a draft that is replaced, for when the user brings it back', async () => {
    add(aFile('one.jpg'), aFile('two.jpg'));
    const before = form.getRawValue().media;
    form.controls.media.setValue([]);
    await answer(0);
    await answer(1);
    form.controls.media.setValue(before);
    await eventually(() => {
      uploads().update(form);
      expect(ids()).toEqual(['id-0', 'id-1']);
    });
  });

  it('leaves out what is too much, and what is no picture', async () => {
    const messageId = 'm1';
    const pictures = Array.from({ length: 4 }, (_, index) => aMedium(index, 'image/png'));
    add(...[aMedium(9, 'audio/mpeg'), ...pictures].map((each) => ({ messageId, media: each })));
    await eventually(() => {
      expect(form.getRawValue().media).toHaveLength(3);
    });
    expect(uploads().news()?.text).toBe(
      'Only pictures can be sent: 1 attachment was left out. A message can have 3 pictures: 1 was left out.',
    );
  });

  it('uploads the pictures of a message anew', async () => {
    add({ messageId: 'm1', media: aMedium(2, 'image/png') });
    await answer(0);
    expect(media).toHaveBeenCalledExactlyOnceWith('m1', 2);
  });

  it('leaves the text alone where no pictures can be sent, and says so', async () => {
    limits = null;
    add(aFile('one.jpg'));
    await eventually(() => {
      expect(form.getRawValue().media).toEqual([]);
    });
    expect(uploads().news()).toMatchObject({ isProblem: true });
  });

  it('waits until it is known whether pictures can be sent', async () => {
    let finish = (): void => undefined;
    const loaded = new Promise<void>((resolve) => (finish = resolve));
    vi.spyOn(settings, 'untilLoaded').mockReturnValue(loaded);
    add(aFile('one.jpg'), aFile('two.jpg'));
    const [removed] = form.getRawValue().media;
    if (removed) uploads().remove(form, removed);
    await Promise.resolve();
    expect(requests).toEqual([]);
    finish();
    await answer(0);
    await eventually(() => {
      expect(ids()).toEqual(['id-0']);
    });
    expect(requests).toHaveLength(1);
  });

  it('brings one up to date that the user brings back', async () => {
    add(aFile('one.jpg'));
    const before = form.getRawValue().media;
    await answer(0);
    await eventually(() => {
      expect(ids()).toEqual(['id-0']);
    });
    form.controls.media.setValue(before);
    uploads().update(form);
    expect(ids()).toEqual(['id-0']);
  });
});
