import { signal } from '@angular/core';
import { ComponentFixture, TestBed } from '@angular/core/testing';
import { of } from 'rxjs';
import { Sending } from '../../api/models';
import { newComposeForm } from '../../messages/drafts/compose-form';
import { MessagesClient } from '../../messages/messages-client';
import { OptOutsStore } from '../../messages/opt-outs/opt-outs-store';
import { RecipientParser } from '../../messages/recipient-parser';
import { SendingSettings } from '../../messages/sending-settings';
import { loadPhoneNumberRules } from '../../phone-numbers/format-phone-number';
import { RecipientField } from './recipient-field';

const SENDING: Sending = {
  paused: null,
  default_country: 'CH',
  sender: '+15005550006',
  simulator_url: null,
  pictures: null,
};
const [BERLIN, LONDON, ZURICH] = ['+4930901820', '+442079460958', '+41791234567'] as const;

describe('RecipientField', () => {
  let fixture: ComponentFixture<RecipientField>;
  let page: HTMLElement;
  const announced: string[] = [];
  const done = vi.fn();
  const loaded = signal<readonly string[]>([]);
  const requests: string[][] = [];
  /** Tells that something has changed, and keeps nothing: as if there were more numbers than it remembers. */
  const optOuts = {
    of: () => void loaded(),
    load: (...asked: string[]) => {
      requests.push(asked);
      loaded.update((numbers) => [...numbers, ...asked]);
    },
  };

  beforeAll(loadPhoneNumberRules);

  beforeEach(async () => {
    announced.length = 0;
    done.mockClear();
    loaded.set([]);
    requests.length = 0;
    // This DOM has no layout.
    Element.prototype.scrollIntoView = () => undefined;
    TestBed.configureTestingModule({
      providers: [
        ...[RecipientParser, SendingSettings],
        { provide: OptOutsStore, useValue: optOuts },
        { provide: MessagesClient, useValue: { sending: () => of(SENDING) } },
      ],
    });
    await TestBed.inject(RecipientParser).prepare();
    const parser = TestBed.inject(RecipientParser);
    const form = newComposeForm('', (text) => parser.parse(text));
    fixture = TestBed.createComponent(RecipientField);
    fixture.componentRef.setInput('control', form.controls.recipient_number);
    fixture.componentRef.setInput('known', [BERLIN, LONDON]);
    fixture.componentInstance.announce.subscribe((text) => announced.push(text));
    fixture.componentInstance.done.subscribe(done);
    page = fixture.nativeElement as HTMLElement;
    document.body.append(page);
    await fixture.whenStable();
    input().focus();
    await fixture.whenStable();
  });

  afterEach(() => {
    page.remove();
  });

  it('suggests the numbers written to, as a combobox, and chooses none by itself', async () => {
    expect(input().getAttribute('aria-expanded')).toBe('true');
    expect(options()).toEqual(['+49 30 901820 DE Germany', '+44 20 7946 0958 GB United Kingdom']);
    expect(active()).toBeUndefined();
    expect(page.querySelector('.suggestions__label')?.textContent.trim()).toBe('Recent');
    input().blur();
    await fixture.whenStable();
    expect(input().getAttribute('aria-expanded')).toBe('false');
    expect(options()).toEqual([]);
  });

  it('shows how a number was understood, and Enter takes it', async () => {
    await type('079 123 45 67');
    expect(active()).toBe('→ +41 79 123 45 67, Switzerland Enter');
    await press('Enter');
    expect(value()).toBe(`${ZURICH},`);
    expect(chips()).toEqual(['+41 79 123 45 67']);
    expect(input().value).toBe('');
    expect(announced).toEqual(['Added +41 79 123 45 67.']);
    await press('Enter');
    expect(done).toHaveBeenCalledOnce();
  });

  it('finds known numbers by their digits, and arrows lead round', async () => {
    await type('7946');
    expect(options()).toEqual(['+44 20 7946 0958 GB United Kingdom']);
    await press('ArrowDown');
    expect(active()).toContain('+44 20 7946 0958');
    await press('ArrowDown');
    expect(active()).toBeUndefined();
    await press('ArrowUp');
    await press('Enter');
    expect(value()).toBe(`${LONDON},`);
    expect(options()).toEqual(['+49 30 901820 DE Germany']);
  });

  it('takes an option by a click, and keeps the focus', async () => {
    const option = page.querySelectorAll<HTMLElement>('[role=option]')[1];
    const pressed = new MouseEvent('mousedown', { bubbles: true, cancelable: true });
    option?.dispatchEvent(pressed);
    expect(pressed.defaultPrevented).toBe(true);
    option?.click();
    await fixture.whenStable();
    expect(value()).toBe(`${LONDON},`);
    expect(document.activeElement).toBe(input());
  });

  it('says that a number which is understood is known', async () => {
    await type('+49 30 90 18 20');
    expect(options()).toEqual([
      '→ +49 30 901820, Germany You have a conversation with this number. Enter',
    ]);
  });

  it('refuses what cannot be a number, with the sentence that is true of it', async () => {
    await type('112');
    await press('Enter');
    expect(chips()).toEqual([]);
    expect(alert()).toMatch(/^Phone number is too short for a number in CH \(\+41\)/);
    expect(input().getAttribute('aria-invalid')).toBe('true');
    await type('Ada');
    expect(alert()).toBe('Phone number has letters in it: write the number in digits.');
  });

  it('takes a pasted list apart as far as it is understood', async () => {
    await type('079 123 45 67; +44 20 7946 0958, 12');
    expect(chips()).toEqual(['+41 79 123 45 67', '+44 20 7946 0958']);
    expect(input().value).toBe('12');
    expect(announced).toEqual(['Added +41 79 123 45 67, +44 20 7946 0958.']);
  });

  it('takes numbers apart that have only spaces between them', async () => {
    await type('+44 20 7946 0958 +41 79 123 45 67  +4930901820');
    expect(chips()).toEqual(['+44 20 7946 0958', '+41 79 123 45 67']);
    expect(input().value).toBe('+4930901820');
  });

  it('has each number once', async () => {
    await type('079 123 45 67');
    await press('Enter');
    await type('+41 79 123 45 67');
    await press('Enter');
    expect(chips()).toEqual(['+41 79 123 45 67']);
  });

  it('removes a number by its button, and the last one by Backspace', async () => {
    await type(`${BERLIN},${LONDON},`);
    expect(hint()).toBe('2 people: each gets a text of their own.');
    page.querySelector<HTMLElement>('[aria-label="Remove +49 30 901820"]')?.click();
    await fixture.whenStable();
    expect(value()).toBe(`${LONDON},`);
    expect(document.activeElement).toBe(input());
    await type('1');
    await press('Backspace');
    expect(chips()).toHaveLength(1);
    await type('');
    await press('Backspace');
    expect(chips()).toEqual([]);
    expect(announced.slice(-1)).toEqual(['Removed +44 20 7946 0958.']);
  });

  it('closes the list with Escape, and leaves the next one to the page', async () => {
    await type('079 123 45 67');
    expect(await press('Escape')).toBe(false);
    expect(input().getAttribute('aria-expanded')).toBe('false');
    expect(input().value).toBe('079 123 45 67');
    expect(await press('Escape')).toBe(true);
    await press('ArrowDown');
    expect(input().getAttribute('aria-expanded')).toBe('true');
  });

  it('asks once about all numbers, also if the answer is not kept', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      input().value = `${BERLIN},${LONDON},`;
      input().dispatchEvent(new Event('input'));
      for (let seconds = 0; seconds < 10; seconds++) await vi.advanceTimersByTimeAsync(1000);
    } finally {
      vi.useRealTimers();
    }
    // As one: of a list that was pasted, there may be hundreds.
    expect(requests).toEqual([[BERLIN, LONDON]]);
  });

  it('leaves keys to an input method', async () => {
    await type('079 123 45 67');
    await press('Enter', { isComposing: true });
    expect(chips()).toEqual([]);
  });

  async function type(text: string): Promise<void> {
    input().value = text;
    input().dispatchEvent(new Event('input'));
    await fixture.whenStable();
  }

  /** Whether the browser goes on to do what it does with the key. */
  async function press(key: string, init: KeyboardEventInit = {}): Promise<boolean> {
    const isLeft = input().dispatchEvent(
      new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init }),
    );
    await fixture.whenStable();
    return isLeft;
  }

  function input(): HTMLInputElement {
    const found = page.querySelector('input');
    if (!found) throw new Error('No input');
    return found;
  }

  const words = (element: Element) => element.textContent.replace(/\s+/g, ' ').trim();
  const all = (selector: string) => Array.from(page.querySelectorAll(selector), words);
  const value = () => fixture.componentInstance.control().value;
  const shown = (option: Element) =>
    Array.from(option.querySelectorAll('.suggestion__name, .suggestion__country, kbd'), words).join(
      ' ',
    );
  const options = () => Array.from(page.querySelectorAll('[role=option]'), shown);
  const active = () => {
    const id = input().getAttribute('aria-activedescendant');
    const option = id === null ? null : document.getElementById(id);
    return option ? shown(option) : undefined;
  };
  const chips = () => all('.recipient__chip');
  const hint = () => all('.recipient__hint')[0];
  const alert = () => all('[role=alert]')[0];
});
