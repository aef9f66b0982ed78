import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  ElementRef,
  Injector,
  OnInit,
  computed,
  inject,
  input,
  output,
  signal,
} from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { FormControl, ReactiveFormsModule } from '@angular/forms';
import { describeProblem } from '../../api/describe-problem';
import { Contact } from '../../api/models';
import { toProblem } from '../../api/problem';
import { ContactDraft, ContactDrafts } from '../../contacts/contact-drafts';
import {
  ConsentMethod,
  ContactInput,
  isSame,
  toFields,
  toInput,
} from '../../contacts/contact-input';
import { ContactsWriter } from '../../contacts/contacts-writer';
import { contactTexts } from '../../i18n/contact-texts';
import { Busy } from '../../ui/busy';
import { Field } from '../../ui/field';
import { focusAfterRender } from '../../ui/focus-after-render';
import { focusFirstInvalid } from '../../ui/focus-first-invalid';
import { Icon } from '../../ui/icon';
import { isComposing } from '../../ui/is-composing';
import { Notice } from '../../ui/notice';
import { errorSentences, setServerErrors, showsErrors } from '../../ui/validators';
import { ConsentMethodSelect } from './consent-method-select';
import { ContactForm, addTypedLabel, newContactForm } from './contact-form';

/** Changes what is known about a number. What is typed is kept until it is saved or given up. */
@Component({
  selector: 'app-contact-editor',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Busy, ConsentMethodSelect, Field, Icon, Notice, ReactiveFormsModule],
  templateUrl: './contact-editor.html',
})
export class ContactEditor implements OnInit {
  readonly #writer = inject(ContactsWriter);
  readonly #drafts = inject(ContactDrafts);
  readonly #destroyRef = inject(DestroyRef);
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef);
  readonly #injector = inject(Injector);

  readonly number = input.required<string>();
  /** As it is now, if there is one. */
  readonly contact = input<Contact>();
  /** Whether it was saved; else given up. */
  readonly settled = output<boolean>();

  protected readonly texts = contactTexts.form;
  protected readonly isSaving = signal(false);
  protected readonly problem = signal('');
  protected readonly form = signal<ContactForm | undefined>(undefined);
  /** Of the contact that is being changed; 0 if there was none. */
  readonly #version = signal(0);
  readonly #typed = signal<ContactInput>(toInput(undefined));

  /** The other change may be the same. */
  protected readonly isChangedElsewhere = computed(() => {
    const contact = this.contact();
    return (
      (contact?.version ?? 0) !== this.#version() &&
      !isSame(contact, toFields(this.#typed(), contact))
    );
  });

  ngOnInit(): void {
    const number = this.number();
    const draft = this.#drafts.read(number);
    const input = { ...toInput(this.contact()), ...draft?.input };
    const form = newContactForm(input);
    this.#version.set(draft?.version ?? this.contact()?.version ?? 0);
    this.#typed.set(input);
    this.form.set(form);
    form.valueChanges.pipe(takeUntilDestroyed(this.#destroyRef)).subscribe(() => {
      this.#typed.set(form.getRawValue());
      this.#keep();
    });
    // Another tab has saved or given up its own.
    this.#drafts.changes.pipe(takeUntilDestroyed(this.#destroyRef)).subscribe(() => {
      if (!this.#drafts.read(number) && form.dirty) this.#keep();
    });
    focusAfterRender(this.#host, '.field__input', this.#injector);
  }

  protected errorsOf(control: FormControl, noun: string): string[] {
    return showsErrors(control) ? errorSentences(control, noun) : [];
  }

  /** Enter adds a label, or saves if there is none to add. */
  protected addLabelByEnter(form: ContactForm, event: Event): void {
    if (isComposing(event as KeyboardEvent) || form.controls.label.value.trim() === '') return;
    event.preventDefault();
    addTypedLabel(form);
  }

  protected addFinishedLabels(form: ContactForm): void {
    if (/[,;]/.test(form.controls.label.value)) addTypedLabel(form);
  }

  protected chooseMethod({ controls: { method } }: ContactForm, chosen: ConsentMethod | ''): void {
    method.setValue(chosen);
    method.markAsDirty();
  }

  protected removeLabel(form: ContactForm, label: string): void {
    const { labels } = form.controls;
    labels.setValue(labels.value.filter((other) => other !== label));
    labels.markAsDirty();
    this.#host.nativeElement.querySelector<HTMLElement>('#contact-label')?.focus();
  }

  protected async save(form: ContactForm): Promise<void> {
    if (this.isSaving()) return;
    this.problem.set('');
    addTypedLabel(form);
    form.markAllAsTouched();
    form.markAllAsDirty();
    if (form.valid) await this.#store(form);
    focusFirstInvalid(this.#host, this.#injector);
  }

  protected cancel(): void {
    this.#drafts.remove(this.number());
    this.settled.emit(false);
  }

  async #store(form: ContactForm): Promise<void> {
    const [number, sent] = [this.number(), this.#typed()];
    this.isSaving.set(true);
    try {
      const { version } = await this.#writer.store(number, toFields(sent, this.contact()));
      this.#version.set(version);
      // Typed while it was being saved.
      if (this.#typed() !== sent) return;
      this.#drafts.remove(number);
      // The card may have been closed meanwhile.
      if (!this.#destroyRef.destroyed) this.settled.emit(true);
    } catch (error) {
      const problem = toProblem(error);
      const others = setServerErrors(form.controls, problem.errors);
      const why = others.length > 0 ? others.join(' ') : describeProblem(problem);
      if (others.length > 0 || form.valid) this.problem.set(this.texts.notSaved(why));
    } finally {
      this.isSaving.set(false);
    }
  }

  #keep(): void {
    const draft: ContactDraft = { version: this.#version(), input: this.#typed() };
    this.#drafts.set(this.number(), draft);
  }
}
