import { DestroyRef, Injectable, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { Observable, Subject, firstValueFrom, of, takeUntil } from 'rxjs';
import { describeProblem } from '../../api/describe-problem';
import { IS_REACHABLE } from '../../api/loopback';
import { Media } from '../../api/models';
import { Poll } from '../../api/poll';
import { toProblem } from '../../api/problem';
import { pictureTexts } from '../../i18n/picture-texts';
import { ComposeForm } from '../drafts/compose-form';
import { ComposeForms } from '../drafts/compose-forms';
import { kindOf } from '../media';
import { MessagesClient } from '../messages-client';
import { Picture } from '../pictures';
import { SendingSettings } from '../sending-settings';
import { AttachmentsClient } from './attachments-client';
import { persistently } from './persistently';
import { PictureLimits, roomBeside } from './picture-size';
import { PictureError, preparePicture } from './prepare-picture';

/** Of a picture that this page uploads, until it is uploaded. */
export interface UploadState {
  /** Why it has failed; empty while it is being uploaded. */
  readonly problem: string;
}

/** What was said last about the pictures of a form. */
export interface PictureNews {
  readonly form: ComposeForm;
  readonly text: string;
  /** It stays on the screen until something else is said, or the message is sent. */
  readonly isProblem: boolean;
}

/** A picture of a message that is sent again. */
export interface MessagePicture {
  readonly messageId: string;
  readonly media: Media;
}

export type PictureSource = File | MessagePicture;

/** The place in a form, and what takes it. */
export type Addition = readonly [Picture, PictureSource];

interface Job {
  readonly form: ComposeForm;
  readonly limits: PictureLimits;
  readonly source: PictureSource;
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
  readonly #isReachable = inject(IS_REACHABLE);
  readonly #destroyRef = inject(DestroyRef);
  readonly #states = signal<ReadonlyMap<string, UploadState>>(new Map());
  readonly #news = signal<PictureNews | undefined>(undefined);
  /** By the key of the picture, until it is uploaded. */
  readonly #jobs = new Map<string, Job>();
  /** By the same key, until their message is sent: a form may be brought back to what it was before. */
  readonly #known = new Map<string, Picture>();
  readonly #queues = new WeakMap<ComposeForm, Promise<void>>();

  readonly news = this.#news.asReadonly();

  constructor() {
    inject(ComposeForms)
      .removedElsewhere.pipe(takeUntilDestroyed())
      .subscribe((key) => {
        this.#forgetPicture(key);
      });
    this.#destroyRef.onDestroy(() => {
      for (const { removed } of this.#jobs.values()) removed.next();
      this.#jobs.clear();
    });
  }

  stateOf({ key }: Picture): UploadState | undefined {
    return this.#states().get(key);
  }

  /**
   * Uploads them as soon as the limits are known. Their places are in the form: those that cannot be sent lose it, and the user
   * is told.
   */
  async add(
    form: ComposeForm,
    settings: SendingSettings,
    additions: readonly Addition[],
  ): Promise<void> {
    for (const [picture] of additions) {
      this.#known.set(picture.key, picture);
      this.#setState(picture.key, { problem: '' });
    }
    await settings.untilLoaded().catch(() => undefined);
    // The user may have removed some meanwhile.
    const wanted = additions.filter(([{ key }]) => this.#known.has(key));
    if (wanted.length > 0 && !this.#destroyRef.destroyed)
      this.#begin(form, settings.value()?.pictures ?? undefined, wanted);
  }

  #begin(
    form: ComposeForm,
    limits: PictureLimits | undefined,
    additions: readonly Addition[],
  ): void {
    const pictures = additions.filter(([, source]) => isPicture(source));
    const keys = new Set(additions.map(([{ key }]) => key));
    const before = form.controls.media.value.filter(({ key }) => !keys.has(key)).length;
    const free = limits ? Math.max(0, limits.maximum_count - before) : 0;
    const added = pictures.slice(0, free);
    for (const addition of additions) {
      if (!added.includes(addition)) this.#drop(form, addition[0].key);
    }
    this.#forgetNews(form);
    const problem = limits
      ? describeLeftOut(limits, additions.length - pictures.length, pictures.length - added.length)
      : pictureTexts.disabled;
    if (problem) this.#tell(form, problem);
    else this.#news.set({ form, text: pictureTexts.added(added.length), isProblem: false });
    if (!limits) return;
    for (const [{ key }, source] of added) {
      const job = { form, limits, source, removed: new Subject<void>() };
      this.#jobs.set(key, job);
      this.#start(key, job);
    }
  }

  /** Its message is sent: what was said about its pictures is over, and no other message gets them. */
  forget(form: ComposeForm): void {
    this.#forgetNews(form);
    for (const { key } of form.controls.media.value) this.#known.delete(key);
  }

  remove(form: ComposeForm, { key, id }: Picture): void {
    // One that was part of a message may be part of others that wait to be sent.
    const isUnused = this.#known.has(key);
    this.#drop(form, key);
    // Otherwise the API removes it a day after its upload.
    if (id && isUnused) this.#client.remove(id).subscribe({ error: () => undefined });
    this.#news.set({ form, text: pictureTexts.removed, isProblem: false });
  }

  tryAgain({ key }: Picture): void {
    const job = this.#jobs.get(key);
    if (job) this.#start(key, job);
  }

  /** Brings pictures up to date that the user has brought back. */
  update({ controls: { media } }: ComposeForm): void {
    const updated = media.value.map((each) =>
      each.id ? each : (this.#known.get(each.key) ?? each),
    );
    if (updated.some((each, index) => each !== media.value[index])) media.setValue(updated);
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
      const uploading = this.#persistently(() => this.#client.upload(content));
      const { _id: id } = await firstValueFrom(uploading.pipe(takeUntil(job.removed)));
      this.#change(key, job, { id, uploadedAt: Date.now() });
      this.#end(key);
    } catch (error) {
      if (isRemoved()) return;
      if (error instanceof PictureError) {
        const index = this.#drop(job.form, key);
        // Unless the user has taken it back.
        if (index >= 0) {
          const { source } = job;
          const name = source instanceof File ? source.name : index + 1;
          this.#tell(job.form, pictureTexts.refused[error.reason](name));
        }
        return;
      }
      const problem = describeProblem(toProblem(error));
      this.#setState(key, { problem });
      this.#news.set({ form: job.form, text: pictureTexts.failed(problem), isProblem: false });
    }
  }

  async #prepare(key: string, job: Job): Promise<Blob> {
    const { form, limits, removed, source } = job;
    const file = await firstValueFrom(this.#open(source).pipe(takeUntil(removed)));
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

  #open(source: PictureSource): Observable<Blob> {
    if (source instanceof File) return of(source);
    const { messageId, media } = source;
    return this.#persistently(() => this.#messages.media(messageId, media.index));
  }

  #persistently<T>(work: () => Observable<T>): Observable<T> {
    return persistently(this.#poll, this.#isReachable, work);
  }

  #change(key: string, { form }: Job, change: Partial<Picture>): void {
    const { media } = form.controls;
    const known = this.#known.get(key);
    if (!known) return;
    const changed = { ...known, ...change };
    this.#known.set(key, changed);
    if (media.value.some((each) => each.key === key))
      media.setValue(media.value.map((each) => (each.key === key ? changed : each)));
  }

  /** Returns where it was. */
  #drop({ controls: { media } }: ComposeForm, key: string): number {
    this.#forgetPicture(key);
    const index = media.value.findIndex((each) => each.key === key);
    media.setValue(media.value.filter((each) => each.key !== key));
    return index;
  }

  #forgetPicture(key: string): void {
    this.#end(key);
    this.#known.delete(key);
  }

  #forgetNews(form: ComposeForm): void {
    if (this.#news()?.form === form) this.#news.set(undefined);
  }

  #end(key: string): void {
    this.#jobs.get(key)?.removed.next();
    this.#jobs.delete(key);
    this.#states.update((states) => new Map([...states].filter(([other]) => other !== key)));
  }

  #setState(key: string, state: UploadState): void {
    this.#states.update((states) => new Map(states).set(key, state));
  }

  /** After what is there already: of several files, each may have a problem. */
  #tell(form: ComposeForm, text: string): void {
    const before = this.#news();
    const earlier = before?.form === form && before.isProblem ? [before.text] : [];
    this.#news.set({ form, text: [...earlier, text].join(' '), isProblem: true });
  }
}

function isPicture(source: PictureSource): boolean {
  return source instanceof File || kindOf(source.media) === 'picture';
}

function describeLeftOut(limits: PictureLimits, files: number, pictures: number): string {
  return [
    files > 0 ? pictureTexts.others(files) : '',
    pictures > 0 ? pictureTexts.tooMany(limits.maximum_count, pictures) : '',
  ]
    .filter(Boolean)
    .join(' ');
}
