import { ComponentFixture, TestBed } from '@angular/core/testing';
import { NEVER, Observable, Subject, defer, of, throwError } from 'rxjs';
import { Sending } from '../../api/models';
import { Poll } from '../../api/poll';
import { NEW_MESSAGE } from '../../messages/conversation-key';
import { ComposeForms } from '../../messages/drafts/compose-forms';
import { Composer } from './composer';
import { Drafts } from '../../messages/drafts/drafts';
import { MessagesClient } from '../../messages/messages-client';
import { OptOutsStore } from '../../messages/opt-outs/opt-outs-store';
import { WrittenMessage } from '../../messages/pictures';
import { RecipientParser } from '../../messages/recipient-parser';
import { SendingSettings } from '../../messages/sending-settings';
import { loadPhoneNumberRules } from '../../phone-numbers/format-phone-number';

const NUMBER = '+14155552671';
const SENDING: Sending = {
  paused: null,
  default_country: null,
  sender: '+15005550006',
  simulator_url: null,
  pictures: null,
};

describe('Composer', () => {
  let fixture: ComponentFixture<Composer>;
  let page: HTMLElement;
  let sending: Observable<Sending>;
  let media: EventTarget & { matches: boolean };
  const sent = vi.fn<(messages: readonly WrittenMessage[]) => void>();
  const form = () => fixture.componentInstance.form();
  const forms = () => TestBed.inject(ComposeForms);

  beforeAll(loadPhoneNumberRules);

  beforeEach(() => {
    media = Object.assign(new EventTarget(), { matches: false });
    vi.stubGlobal('matchMedia', () => media);
    // This DOM does not have it.
    Element.prototype.scrollIntoView = () => undefined;
    sending = of(SENDING);
    sent.mockClear();
    TestBed.configureTestingModule({
      providers: [
        ...[ComposeForms, RecipientParser, SendingSettings],
        { provide: OptOutsStore, useValue: { of: () => undefined, load: () => undefined } },
        { provide: MessagesClient, useValue: { sending: () => sending } },
        {
          provide: Drafts,
          useValue: {
            ...{ textChanges: NEVER, pictureChanges: NEVER },
            ...{ read: () => undefined, setText: vi.fn(), setPictures: vi.fn() },
          },
        },
      ],
    });
  });

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  describe('of a new message', () => {
    it('sends the number in E.164', async () => {
      await open(NEW_MESSAGE);
      form().patchValue({ recipient_number: '+1 (415) 555-2671', content: 'Hello' });
      press('Enter');
      expect(sent).toHaveBeenCalledExactlyOnceWith([
        { recipient_number: NUMBER, content: 'Hello' },
      ]);
    });

    it('shows errors at their fields, and focuses the first', async () => {
      await open(NEW_MESSAGE);
      press('Enter');
      await fixture.whenStable();
      expect(sent).not.toHaveBeenCalled();
      expect(errors()).toEqual(["Phone number can't be blank.", "Message can't be blank."]);
      expect(document.activeElement?.id).toBe('recipient');
    });

    it('shows that the number is missing only after an attempt to send', async () => {
      await open(NEW_MESSAGE);
      const { recipient_number } = form().controls;
      recipient_number.setValue('');
      recipient_number.markAsDirty();
      recipient_number.markAsTouched();
      await fixture.whenStable();
      expect(errors()).toEqual([]);
      form().controls.content.setValue('Hello');
      press('Enter');
      await fixture.whenStable();
      expect(errors()).toEqual(["Phone number can't be blank."]);
    });

    it('shows the same errors for a number as the API', async () => {
      await open(NEW_MESSAGE);
      form().patchValue({ recipient_number: '415 555 2671 x12', content: 'Hello' });
      press('Enter');
      await fixture.whenStable();
      expect(errors()).toEqual(['Phone number has an extension, which an SMS cannot be sent to.']);
    });

    it('previews the number, and announces it once', async () => {
      await open(NEW_MESSAGE);
      form().controls.recipient_number.setValue('+44 (0)20 7946 0958');
      await fixture.whenStable();
      expect(hint()).toBe('→ +44 20 7946 0958, United Kingdom');
      expect(status()).toBe('');
      recipient().dispatchEvent(new FocusEvent('blur'));
      await fixture.whenStable();
      expect(status()).toBe('→ +44 20 7946 0958, United Kingdom');
      form().controls.content.setValue('Hello');
      press('Enter');
      expect(sent.mock.lastCall?.[0][0]?.recipient_number).toBe('+442079460958');
    });

    it('parses national numbers if the API has a default country', async () => {
      sending = of({ ...SENDING, default_country: 'CH' });
      await open(NEW_MESSAGE);
      expect(hint()).toBe('As dialed in Switzerland, or with + and the country code');
      form().patchValue({ recipient_number: '079 123 45 67', content: 'Hallo' });
      await fixture.whenStable();
      expect(hint()).toBe('→ +41 79 123 45 67, Switzerland');
      press('Enter');
      expect(sent.mock.lastCall?.[0][0]?.recipient_number).toBe('+41791234567');
    });

    it('shows the number that it goes out from', async () => {
      await open(NEW_MESSAGE);
      expect(from()).toBe('From +1 500 555 0006');
    });

    it('waits for the default country, shows how it understands the number, and then sends once', async () => {
      const country = new Subject<Sending>();
      sending = country;
      await open(NEW_MESSAGE);
      form().patchValue({ recipient_number: '079 123 45 67', content: 'Hallo' });
      press('Enter');
      press('Enter');
      expect(sent).not.toHaveBeenCalled();
      country.next({ ...SENDING, default_country: 'CH' });
      await settle();
      expect(sent).not.toHaveBeenCalled();
      expect(form().getRawValue().recipient_number).toBe('+41791234567,');
      press('Enter');
      expect(sent).toHaveBeenCalledOnce();
    });

    it('waits for the rules, and sends to a number that they do not change', async () => {
      const parse = vi.spyOn(TestBed.inject(RecipientParser), 'parse').mockReturnValue(undefined);
      await open(NEW_MESSAGE);
      form().patchValue({ recipient_number: '+41 79 123 45 67', content: 'Hallo' });
      press('Enter');
      expect(sent).not.toHaveBeenCalled();
      parse.mockRestore();
      await settle();
      expect(sent).toHaveBeenCalledOnce();
    });

    it('sends once to each of several that are typed, also if a number has two spellings', async () => {
      await open(NEW_MESSAGE);
      const recipient_number = '+5215512345678,+525512345678, Ada <+4930901820>';
      form().patchValue({ recipient_number, content: 'Hola' });
      press('Enter');
      expect(sent.mock.lastCall?.[0].map((message) => message.recipient_number)).toEqual([
        '+5215512345678',
        '+4930901820',
      ]);
    });

    it('shows how a list that is typed was understood before it sends, also once that can be known', async () => {
      const country = new Subject<Sending>();
      sending = country;
      await open(NEW_MESSAGE);
      const recipient_number = '079 123 45 67,079 123 45 68';
      form().patchValue({ recipient_number, content: 'Hallo' });
      textarea().focus();
      press('Enter');
      country.next({ ...SENDING, default_country: 'CH' });
      await settle();
      expect(sent).not.toHaveBeenCalled();
      expect(form().getRawValue().recipient_number).toBe('+41791234567,+41791234568,');
      expect(document.activeElement).toBe(textarea());
      press('Enter');
      expect(sent).toHaveBeenCalledOnce();
    });

    it('parses numbers that were chosen before the rules were known, and has each once', async () => {
      await open(NEW_MESSAGE);
      const recipient_number = '+410791234567,+41791234567,+4930901820,';
      form().patchValue({ recipient_number, content: 'Hallo' });
      press('Enter');
      expect(sent.mock.lastCall?.[0].map(({ recipient_number }) => recipient_number)).toEqual([
        ...['+41791234567', '+4930901820'],
      ]);
    });

    it('waits for the rules where they decide about a number that was chosen', async () => {
      const parse = vi.spyOn(TestBed.inject(RecipientParser), 'parse').mockReturnValue(undefined);
      await open(NEW_MESSAGE);
      form().patchValue({ recipient_number: '+410791234567,', content: 'Hallo' });
      press('Enter');
      expect(sent).not.toHaveBeenCalled();
      parse.mockRestore();
      await settle();
      expect(sent.mock.calls).toEqual([[[{ recipient_number: '+41791234567', content: 'Hallo' }]]]);
    });

    it('shows an error if the default country cannot be loaded', async () => {
      sending = throwError(() => new Error('offline'));
      await open(NEW_MESSAGE);
      form().patchValue({ recipient_number: '079 123 45 67', content: 'Hallo' });
      press('Enter');
      await settle();
      expect(sent).not.toHaveBeenCalled();
      expect(errors()).toEqual([
        "Phone number can't be checked at the moment: begin with + and the country code, or try again.",
      ]);
    });

    it('parses the number again on each attempt', async () => {
      const asked = vi.fn(() => throwError(() => new Error('offline')));
      sending = defer(asked);
      await open(NEW_MESSAGE);
      form().patchValue({ recipient_number: '079 123 45 67', content: 'Hallo' });
      press('Enter');
      await settle();
      asked.mockClear();
      click('Send');
      await settle();
      expect(asked).toHaveBeenCalledOnce();
      expect(errors()).toHaveLength(1);
      expect(document.activeElement).toBe(recipient());
      sending = of({ ...SENDING, default_country: 'CH' });
      click('Send');
      await settle();
      click('Send');
      expect(sent.mock.calls).toEqual([[[{ recipient_number: '+41791234567', content: 'Hallo' }]]]);
      expect(errors()).toEqual([]);
    });

    it.each([
      ['Enter', () => press('Enter')],
      [
        'the button',
        () => {
          click('Send');
        },
      ],
    ])('sends by %s what the browser has filled in without a word', async (_, send) => {
      await open(NEW_MESSAGE);
      recipient().value = NUMBER;
      textarea().value = 'Hello';
      send();
      await fixture.whenStable();
      expect(errors()).toEqual([]);
      expect(sent.mock.calls).toEqual([[[{ recipient_number: NUMBER, content: 'Hello' }]]]);
    });

    it('shows no error when submitted again right after sending', async () => {
      await open(NEW_MESSAGE);
      fixture.componentInstance.send.subscribe(() => {
        form().reset();
      });
      form().patchValue({ recipient_number: NUMBER, content: 'Hello' });
      press('Enter');
      press('Enter', { repeat: true });
      press('Enter');
      click('Send');
      await fixture.whenStable();
      expect(sent).toHaveBeenCalledOnce();
      expect(errors()).toEqual([]);
    });

    it('is not submitted repeatedly by a key held down', async () => {
      await open(NEW_MESSAGE);
      form().controls.recipient_number.setValue(`${NUMBER},`);
      const held = new KeyboardEvent('keydown', {
        ...{ key: 'Enter', bubbles: true, cancelable: true, repeat: true },
      });
      recipient().dispatchEvent(held);
      expect(held.defaultPrevented).toBe(true);
    });

    it('sends one message to each recipient, the one that is still being typed included', async () => {
      await open(NEW_MESSAGE);
      form().patchValue({
        recipient_number: `${NUMBER},+4930901820,+1 (415) 555-2671`,
        content: 'Hello',
      });
      press('Enter');
      await fixture.whenStable();
      expect(sent.mock.calls).toEqual([
        [
          [
            { recipient_number: NUMBER, content: 'Hello' },
            { recipient_number: '+4930901820', content: 'Hello' },
          ],
        ],
      ]);
      expect(status()).toBe('Sending 2 messages.');
    });

    it('sends nothing to anybody while one of the numbers is wrong', async () => {
      await open(NEW_MESSAGE);
      form().patchValue({ recipient_number: `${NUMBER},12`, content: 'Hello' });
      press('Enter');
      await fixture.whenStable();
      expect(sent).not.toHaveBeenCalled();
      expect(errors()).toHaveLength(1);
      expect(document.activeElement).toBe(recipient());
    });

    it('restores number and text that another message has replaced', async () => {
      await open(NEW_MESSAGE);
      form().patchValue({ recipient_number: '+49 30', content: 'Dear whoever' });
      forms().putIntoNew({ recipient_number: NUMBER, content: 'Again' });
      await fixture.whenStable();
      expect(form().getRawValue()).toMatchObject({ recipient_number: NUMBER, content: 'Again' });
      click('Undo');
      expect(form().getRawValue()).toMatchObject({
        recipient_number: '+49 30',
        content: 'Dear whoever',
      });
    });
  });

  describe('of a conversation', () => {
    beforeEach(() => open(NUMBER));

    it('adds a line with Shift and Enter', () => {
      form().controls.content.setValue('Hello');
      expect(press('Enter', { shiftKey: true })).toBe(true);
      expect(sent).not.toHaveBeenCalled();
    });

    it.each([
      ['most browsers tell of', { isComposing: true }],
      ['Safari tells of', { keyCode: 229 }],
    ])('lets Enter end a composition as %s it', (_, init) => {
      form().controls.content.setValue('こんにち');
      expect(press('Enter', init)).toBe(true);
      expect(sent).not.toHaveBeenCalled();
    });

    it('adds a line with Enter on a touch screen', async () => {
      media.matches = true;
      media.dispatchEvent(new Event('change'));
      form().controls.content.setValue('Hello');
      await fixture.whenStable();
      expect(press('Enter')).toBe(true);
      expect(sent).not.toHaveBeenCalled();
      expect(textarea().getAttribute('enterkeyhint')).toBe('enter');
      click('Send');
      expect(sent).toHaveBeenCalledOnce();
    });

    it('sends once for a held key or a double click', async () => {
      fixture.componentInstance.send.subscribe(() => {
        form().controls.content.reset();
      });
      form().controls.content.setValue('Hello');
      press('Enter', { repeat: true });
      expect(sent).not.toHaveBeenCalled();
      button('Send').dispatchEvent(new MouseEvent('click', { detail: 2, cancelable: true }));
      expect(sent).not.toHaveBeenCalled();
      button('Send').dispatchEvent(new MouseEvent('click', { detail: 1, cancelable: true }));
      expect(sent).toHaveBeenCalledOnce();
      click('Send');
      await fixture.whenStable();
      expect(sent).toHaveBeenCalledOnce();
      expect(errors()).toEqual([]);
    });

    it('accepts an untouched field silently, and rejects an invisible text', async () => {
      press('Enter');
      await fixture.whenStable();
      expect(errors()).toEqual([]);
      form().controls.content.setValue('\u200b \u2800');
      press('Enter');
      await fixture.whenStable();
      expect(sent).not.toHaveBeenCalled();
      expect(errors()).toEqual(["Message can't be blank."]);
      expect(count()).toBeUndefined();
    });

    it('sends line breaks as they were typed', () => {
      form().controls.content.setValue('one\r\ntwo');
      press('Enter');
      expect(sent.mock.lastCall?.[0][0]?.content).toBe('one\r\ntwo');
    });

    it('shows no error for an empty field the second time either', async () => {
      press('Enter');
      press('Enter');
      await fixture.whenStable();
      expect(errors()).toEqual([]);
    });

    it('shows that the text is missing only after an attempt to send', async () => {
      form().controls.content.setValue('Hello');
      textarea().value = '';
      textarea().dispatchEvent(new Event('input'));
      textarea().dispatchEvent(new Event('blur'));
      await fixture.whenStable();
      expect(form().controls.content).toMatchObject({ dirty: true, touched: true });
      expect(errors()).toEqual([]);
      press('Enter');
      await fixture.whenStable();
      expect(errors()).toEqual(["Message can't be blank."]);
    });

    it('rejects characters that no SMS can carry', async () => {
      form().controls.content.setValue('a\0b');
      press('Enter');
      await fixture.whenStable();
      expect(sent).not.toHaveBeenCalled();
      expect(errors()).toEqual(['Message contains an invalid character.']);
    });

    it('shows the number that it goes out from', () => {
      expect(from()).toBe('From +1 500 555 0006');
    });

    it('counts only near a limit, above one segment, or where characters cost more', async () => {
      form().controls.content.setValue('a'.repeat(139));
      await fixture.whenStable();
      expect(count()).toBeUndefined();
      expect(textarea().getAttribute('aria-describedby')).toBeNull();
      form().controls.content.setValue('a'.repeat(142));
      await fixture.whenStable();
      expect(count()).toBe('18 left in this segment');
      expect(textarea().getAttribute('aria-describedby')).toBe('content-count');
      form().controls.content.setValue(`We’ll be there – ${'a'.repeat(60)}`);
      await fixture.whenStable();
      expect(count()).toBe('2 segments, because of We’ll –');
    });

    it('makes the characters plain, and can undo that', async () => {
      form().controls.content.setValue('We’ll be there');
      await fixture.whenStable();
      click('Use plain quotes');
      await fixture.whenStable();
      expect(form().getRawValue().content).toBe("We'll be there");
      expect(count()).toBeUndefined();
      expect(status()).toBe('Replaced. You can undo this.');
      expect(document.activeElement).toBe(textarea());
      click('Undo');
      await fixture.whenStable();
      expect(form().getRawValue().content).toBe('We’ll be there');
      expect(document.activeElement).toBe(textarea());

      click('Use plain quotes');
      form().controls.content.setValue('Something else');
      await fixture.whenStable();
      expect(() => button('Undo')).toThrow();
    });

    it('offers nothing where plain characters would not help', async () => {
      form().controls.content.setValue('We’ll be there 👍');
      await fixture.whenStable();
      expect(count()).toBe('53 left in this segment, because of We’ll 👍');
      expect(page.querySelector('.composer__remedy')).toBeNull();
    });

    it('does not send more than the provider takes', async () => {
      form().controls.content.setValue('a'.repeat(1601));
      press('Enter');
      await fixture.whenStable();
      expect(sent).not.toHaveBeenCalled();
      expect(errors()).toEqual(['Message is too long (maximum is 1600 characters).']);
    });
  });

  it.each([NEW_MESSAGE, NUMBER])(
    'shows the number that it goes out from once the server can be reached: %s',
    async (key) => {
      sending = throwError(() => new Error('offline'));
      await open(key);
      expect(from()).toBe('');
      sending = of(SENDING);
      TestBed.inject(Poll).now();
      await vi.waitFor(
        () => {
          expect(from()).toBe('From +1 500 555 0006');
        },
        { timeout: 4_000 },
      );
    },
  );

  async function open(key: string): Promise<void> {
    fixture = TestBed.createComponent(Composer);
    fixture.componentRef.setInput('form', forms().get(key));
    fixture.componentRef.setInput('asksForRecipient', key === NEW_MESSAGE);
    fixture.componentInstance.send.subscribe(sent);
    page = fixture.nativeElement as HTMLElement;
    document.body.append(page);
    await settle();
  }

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve));
      await fixture.whenStable();
    }
  }

  /** Whether the browser goes on to do what it does with the key. */
  function press(key: string, init: KeyboardEventInit = {}): boolean {
    return textarea().dispatchEvent(
      new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init }),
    );
  }

  function click(name: string): void {
    button(name).click();
  }

  function button(name: string): HTMLButtonElement {
    const found = Array.from(page.querySelectorAll('button')).find(
      (button) => (button.ariaLabel ?? button.textContent.trim()) === name,
    );
    if (!found) throw new Error(`No button ${name}`);
    return found;
  }

  function find(selector: string): Element {
    const element = page.querySelector(selector);
    if (!element) throw new Error(`No ${selector}`);
    return element;
  }

  const textarea = () => find('textarea') as HTMLTextAreaElement;
  const recipient = () => find('input') as HTMLInputElement;
  const words = (element: Element | null) => element?.textContent.replace(/\s+/g, ' ').trim();
  const from = () => words(page.querySelector('.composer__from'));
  const count = () => words(page.querySelector('.composer__counter'));
  const hint = () => words(page.querySelector('.recipient__hint'));
  const status = () => words(page.querySelector('form > [aria-live="polite"]'));
  const errors = () => Array.from(page.querySelectorAll('[role="alert"]')).map(words);
});
