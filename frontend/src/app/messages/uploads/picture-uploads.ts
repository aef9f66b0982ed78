import { DestroyRef, Injectable, inject, signal } from '@angular/core';
import { Observable, Subject, firstValueFrom, from, of, takeUntil } from 'rxjs';
import { describeProblem } from '../../api/describe-problem';
import { Message } from '../../api/models';
import { Poll } from '../../api/poll';
import { toProblem } from '../../api/problem';
import { pictureTexts } from '../../i18n/picture-texts';
import { ComposeForm } from '../drafts/compose-form';
import { kindOf } from '../media';
import { MessagesClient } from '../messages-client';
import { Picture } from '../pictures';
import { AttachmentsClient } from './attachments-client';
import { persistently } from './persistently';
import { PictureLimits, roomBeside } from './picture-size';
import { PictureError, preparePicture } from './prepare-picture';

/** A picture without one is uploaded. */
export interface UploadState {
  /** Why it has failed; empty while it is being uploaded. */
  readonly problem: string;
}

/** What was said last about the pictures of a form. */
export interface PictureNews {
  readonly form: ComposeForm;
  readonly text: string;
  /** It stays on the screen. */
  readonly isProblem: boolean;
}

interface Job {
  readonly form: ComposeForm;
  readonly limits: PictureLimits;
  /** Of the file; empty for a picture of a message. */
  readonly name: string;
  readonly open: () => Observable<Blob>;
  readonly removed: Subject<void>;
  /** What is uploaded, once it is ready. */
  content?: Blob;
}

/**
 * Makes pictures ready and uploads them, those of a form one after the other, also while another conversation is open. The forms
 * have them from the beginning, in the order in which they were added.
 */
@Injectable()
export class PictureUploads {
  readonly #client = inject(AttachmentsClient);
  readonly #messages = inject(MessagesClient);
  readonly #poll = inject(Poll);
  readonly #states = signal<ReadonlyMap<string, UploadState>>(new Map());
  readonly #news = signal<PictureNews | undefined>(undefined);
  /** By the key of the picture, until it is uploaded. */
  readonly #jobs = new Map<string, Job>();
  /** What has become of pictures: a form may be brought back to what it was before. */
  readonly #known = new Map<string, Picture>();
  readonly #queues = new WeakMap<ComposeForm, Promise<void>>();
  #added = 0;

  readonly news = this.#news.asReadonly();

  constructor() {
    inject(DestroyRef).onDestroy(() => {
      for (const { removed } of this.#jobs.values()) removed.next();
      this.#jobs.clear();
    });
  }

  stateOf({ key }: Picture): UploadState | undefined {
    return this.#states().get(key);
  }

  addFiles(form: ComposeForm, limits: PictureLimits, files: readonly File[]): void {
    this.#add(
      form,
      limits,
      files.map((file) => ({ name: file.name, open: () => of(file) })),
    );
  }

  /** The pictures of a message that is sent again. */
  addMedia(form: ComposeForm, limits: PictureLimits | undefined, { _id, media }: Message): void {
    const pictures = media.filter((each) => kindOf(each) === 'picture');
    if (!limits) {
      this.#tell(form, pictureTexts.disabled);
      return;
    }
    const open = (index: number) => (): Observable<Blob> =>
      persistently(this.#poll, () => this.#messages.media(_id, index));
    const leftOut =
      pictures.length < media.length ? pictureTexts.others(media.length - pictures.length) : '';
    this.#add(
      form,
      limits,
      pictures.map(({ index }) => ({ name: '', open: open(index) })),
      leftOut,
    );
  }

  remove(form: ComposeForm, { key }: Picture): void {
    this.#forget(key);
    this.#known.delete(key);
    this.#drop(form, key);
    this.#news.set({ form, text: pictureTexts.removed, isProblem: false });
  }

  tryAgain({ key }: Picture): void {
    const job = this.#jobs.get(key);
    if (job) this.#start(key, job);
  }

  /** Brings pictures up to date that the user has brought back. */
  update({ controls: { media } }: ComposeForm): void {
    const isOutdated = ({ id, key }: Picture): boolean => !id && !this.#jobs.has(key);
    if (!media.value.some(isOutdated)) return;
    const { value } = media;
    media.setValue(
      value.map((each) => this.#known.get(each.key) ?? each).filter((each) => !isOutdated(each)),
    );
  }

  #add(
    form: ComposeForm,
    limits: PictureLimits,
    sources: readonly Pick<Job, 'name' | 'open'>[],
    also = '',
  ): void {
    const { media } = form.controls;
    const free = Math.max(0, limits.maximum_count - media.value.length);
    const jobs = sources
      .slice(0, free)
      .map((source): [string, Job] => [
        `added-${++this.#added}`,
        { ...source, form, limits, removed: new Subject() },
      ]);
    const leftOut = sources.length - jobs.length;
    const problem = [also, leftOut > 0 ? pictureTexts.tooMany(limits.maximum_count, leftOut) : '']
      .filter(Boolean)
      .join(' ');
    if (problem) this.#tell(form, problem);
    else if (jobs.length > 0)
      this.#news.set({ form, text: pictureTexts.added(jobs.length), isProblem: false });
    for (const [key, job] of jobs) this.#jobs.set(key, job);
    const added = jobs.map(([key]) => ({ key, id: '', thumbnail: '', bytes: 0, uploadedAt: 0 }));
    if (added.length > 0) media.setValue([...media.value, ...added]);
    for (const [key, job] of jobs) this.#start(key, job);
  }

  #start(key: string, job: Job): void {
    this.#setState(key, { problem: '' });
    const before = this.#queues.get(job.form) ?? Promise.resolve();
    this.#queues.set(
      job.form,
      before.then(() => this.#run(key, job)),
    );
  }

  async #run(key: string, job: Job): Promise<void> {
    const isRemoved = (): boolean => this.#jobs.get(key) !== job;
    if (isRemoved()) return;
    try {
      const content = (job.content ??= await this.#prepare(key, job));
      if (isRemoved()) return;
      const uploading = persistently(this.#poll, () => this.#client.upload(content));
      const { _id: id } = await firstValueFrom(uploading.pipe(takeUntil(job.removed)));
      this.#change(key, job, { id, uploadedAt: Date.now() });
      this.#forget(key);
    } catch (error) {
      if (isRemoved()) return;
      if (error instanceof PictureError) {
        const index = this.#drop(job.form, key);
        this.#forget(key);
        // Unless the user has taken it back.
        if (index >= 0) {
          this.#tell(job.form, pictureTexts.refused[error.reason](job.name || index + 1));
        }
        return;
      }
      const problem = describeProblem(toProblem(error));
      this.#setState(key, { problem });
      this.#news.set({ form: job.form, text: pictureTexts.failed(problem), isProblem: false });
    }
  }

  async #prepare(key: string, job: Job): Promise<Blob> {
    const { form, limits, removed } = job;
    const file = await firstValueFrom(from(job.open()).pipe(takeUntil(removed)));
    const pictures = form.controls.media.value.filter((each) => each.key !== key);
    const unprepared = pictures.filter(({ bytes }) => bytes === 0).length;
    const room = roomBeside(
      pictures.map(({ bytes }) => bytes),
      limits,
    );
    const { content, thumbnail } = await preparePicture(file, room, unprepared + 1);
    this.#change(key, job, { thumbnail, bytes: content.size });
    return content;
  }

  #change(key: string, { form }: Job, change: Partial<Picture>): void {
    const { media } = form.controls;
    const known = this.#known.get(key) ?? media.value.find((each) => each.key === key);
    if (!known) return;
    const changed = { ...known, ...change };
    this.#known.set(key, changed);
    if (media.value.some((each) => each.key === key))
      media.setValue(media.value.map((each) => (each.key === key ? changed : each)));
  }

  /** Returns where it was. */
  #drop({ controls: { media } }: ComposeForm, key: string): number {
    const index = media.value.findIndex((each) => each.key === key);
    media.setValue(media.value.filter((each) => each.key !== key));
    return index;
  }

  #forget(key: string): void {
    this.#jobs.get(key)?.removed.next();
    this.#jobs.delete(key);
    this.#states.update((states) => new Map([...states].filter(([other]) => other !== key)));
  }

  #setState(key: string, state: UploadState): void {
    this.#states.update((states) => new Map(states).set(key, state));
  }

  #tell(form: ComposeForm, text: string): void {
    this.#news.set({ form, text, isProblem: true });
  }
}
