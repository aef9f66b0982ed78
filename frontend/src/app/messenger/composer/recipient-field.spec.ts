import { signal } from '@angular/core';
import { ComponentFixture, TestBed } from '@angular/core/testing';
import { of } from 'rxjs';
import { Sending } from '../../api/models';
import { newComposeForm } from '../../messages/drafts/compose-form';
import { MessagesClient } from '../../messages/messages-client';
import { OptOutsStore } from '../../messages/opt-outs/opt-outs-store';
import { RecipientParser } from '../../messages/recipient-parser';
import { SendingSettings } from '../../messages/sending-settings';
import { ContactNames } from '../../phone-numbers/contact-names';
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

/** A part is compiled when it is loaded first. */
const LOADING = { timeout: 4_000 };

describe('RecipientField', () => {
  let fixture: ComponentFixture<RecipientField>;
  let country = 'CH';
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
        {
          provide: MessagesClient,
          useValue: { sending: () => of({ ...SENDING, default_country: country }) },
        },
      ],
    });
    await TestBed.inject(RecipientParser).prepare();
    const parser = TestBed.inject(RecipientParser);
    const form = newComposeForm('', (text) => parser.findWrong(text));
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
    // Beside the page.
    document.querySelector('dialog')?.remove();
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
    TestBed.inject(ContactNames).replace(new Map([['+4930901820', 'Jonas Weber']]));
    await fixture.whenStable();
    expect(options()).toEqual([
      '→ +49 30 901820, Germany Jonas Weber You have a conversation with this number. Enter',
    ]);
  });

  it('suggests all of a name, one after the other', async () => {
    const numbers = Array.from({ length: 8 }, (_, index) => `+493090182${index}`);
    const people = numbers.map((number, index) => [number, `Müller ${'ABCDEFGH'[index]}`] as const);
    TestBed.inject(ContactNames).replace(new Map(people));
    for (const [, name] of people) {
      await type('Müller');
      await press('Enter');
      expect(chips().at(-1)).toBe(name);
    }
  });

  it('keeps the others of a list when one of it is chosen', async () => {
    TestBed.inject(ContactNames).replace(new Map([['+4930901820', 'Ada Lovelace']]));
    await type('Ada, +41 79 123 45 67');
    await press('Enter');
    expect(chips()).toEqual(['+41 79 123 45 67']);
    expect(input().value).toBe('Ada');
    await press('Enter');
    expect(chips()).toEqual(['+41 79 123 45 67', 'Ada Lovelace']);
    expect(input().value).toBe('');
  });

  it('suggests nobody in place of a number that is typed behind a name', async () => {
    TestBed.inject(ContactNames).replace(
      new Map([
        ['+4930901820', 'Ada Lovelace'],
        ['+4930901821', 'Room 12'],
      ]),
    );
    for (const text of ['Ada 079 123 45 67', 'Ada \uff10\uff17\uff19 123 45 67']) {
      await type(text);
      await press('Enter');
      expect(chips()).toEqual([]);
      expect(input().value).toBe(text);
      expect(alert()).toContain('has letters in it');
    }
  });

  it('highlights nobody else for the name of somebody who is chosen', async () => {
    TestBed.inject(ContactNames).replace(new Map([[ZURICH, 'Team 20']]));
    await type('Team 20');
    await press('Enter');
    await type('Team 20');
    expect(active()).toBeUndefined();
  });

  it('finds names by the digits in them', async () => {
    const rooms = Array.from({ length: 20 }, (_, room) => [
      `+49309018${room + 10}`,
      `Room ${room}`,
    ]);
    TestBed.inject(ContactNames).replace(new Map(rooms as [string, string][]));
    await type('Room 7');
    await press('Enter');
    expect(chips()).toEqual(['Room 7']);
  });

  it('highlights nobody who has just been removed', async () => {
    await press('ArrowDown');
    await press('Enter');
    expect(chips()).toEqual(['+49 30 901820']);
    await press('Backspace');
    expect(active()).toBeUndefined();
    await press('Enter');
    expect(chips()).toEqual([]);
  });

  it('stays with the one that arrows have led to when another comes before it', async () => {
    const names = TestBed.inject(ContactNames);
    names.replace(
      new Map([
        ['+4930901820', 'Ada C'],
        ['+4930901821', 'Ada D'],
      ]),
    );
    await type('ada');
    await press('ArrowDown');
    expect(active()).toContain('Ada D');
    names.add(new Map([['+4930901822', 'Ada A']]));
    await fixture.whenStable();
    expect(active()).toContain('Ada D');
    await press('Enter');
    expect(chips()).toEqual(['Ada D']);
  });

  it('takes a number from a spreadsheet without the zeros of an amount', async () => {
    for (const written of ['+41791234567.0', '+41 791 234 567.00', '41,791,234,567.00']) {
      await type(written);
      await press('Enter');
      expect(value()).toBe(`${ZURICH},`);
    }
    await type('+41 79 123 45 67.00');
    expect(value()).toBe(`${ZURICH},+41 79 123 45 67.00`);
    // A number and an amount beside it are not one amount.
    await type('+48 601 234 567,150.00');
    await press('Enter');
    expect(value()).not.toContain('+48601234567150');
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

  it('names the part of a list that is not understood, and takes the others', async () => {
    await type(`${ZURICH}, nonsense, ${LONDON}, ${BERLIN}`);
    expect(chips()).toEqual(['+41 79 123 45 67', '+44 20 7946 0958']);
    expect(input().value).toBe(`nonsense, ${BERLIN}`);
    await press('Enter');
    expect(chips()).toEqual(['+41 79 123 45 67', '+44 20 7946 0958', '+49 30 901820']);
    expect(input().value).toBe('nonsense');
    expect(alert()).toBe('“nonsense” has letters in it: write the number in digits.');
    expect(announced).toEqual([
      'Added +41 79 123 45 67, +44 20 7946 0958.',
      'Added +49 30 901820.',
    ]);
  });

  it('names the first of several that are not understood, each with its own reason', async () => {
    await type('Ada, 112, ');
    await press('Enter');
    expect(alert()).toBe('“Ada” has letters in it: write the number in digits.');
    await type('112, Ada');
    expect(alert()).toMatch(/^“112” is too short for a number in CH/);
    await type('079 123 45 67 / 044 668 18 00');
    expect(alert()).toBe('Phone number is more than one number: put a comma between them.');
  });

  it('leaves a list alone while a number within it is mended', async () => {
    await type('Ada, Bob');
    await type('+41, Bob', 3);
    expect(chips()).toEqual([]);
    expect(input().value).toBe('+41, Bob');
    expect(input().selectionEnd).toBe(3);
    await type(`${ZURICH}, ${BERLIN}`, ZURICH.length);
    expect(chips()).toEqual([]);
    await press('Enter');
    expect(chips()).toEqual(['+41 79 123 45 67', '+49 30 901820']);
  });

  it.each([
    ['names, but not where they have digits', `Ada <${ZURICH}>, "Bob 2" <${LONDON}>, `, 1],
    ['names', `Ada <${ZURICH}>, Bob <${LONDON}>, `, 2],
    ['quotes', `"${ZURICH}","${LONDON}",`, 2],
    ['brackets', '(+41) 79 123 45 67, (+44) 20 7946 0958,', 2],
    ['marks of direction', `\u202a${ZURICH}\u202c \u202a${LONDON}\u202c,`, 2],
    ['only marks between them', `\u202a${ZURICH}\u202c\u202a${LONDON}\u202c,`, 2],
    ['wide plus signs', `${ZURICH} ${LONDON},`.replaceAll('+', '\uff0b'), 2],
  ])('understands numbers with %s', async (_, text, count) => {
    await type(text);
    expect(chips()).toEqual(['+41 79 123 45 67', '+44 20 7946 0958'].slice(0, count));
  });

  it('guesses no number where the name may be one', async () => {
    await type(`079 123 45 67 <${LONDON}>`);
    await press('Enter');
    expect(chips()).toEqual([]);
    expect(alert()).toMatch(/^Phone number/);
  });

  it('takes a pasted column apart; what was typed stays typed, and what was selected goes', async () => {
    await type('044 668 18 00');
    expect(await paste('0041 79 123 45 67\r\n\r\n0044 20 7946 0958\n030\n')).toBe(false);
    await untilRead(() => {
      expect(chips()).toEqual(['+41 79 123 45 67', '+44 20 7946 0958']);
    });
    expect(input().value).toBe('030, 044 668 18 00');
    expect(announced).toEqual(['Added +41 79 123 45 67, +44 20 7946 0958.']);
    await type('+1415555');
    input().select();
    await paste('Ada\nBob');
    await untilRead(() => {
      expect(input().value).toBe('Ada, Bob');
    });
  });

  it('takes the only column of a pasted table that has numbers, and lists on several lines', async () => {
    await paste(`Name\tPhone\r\nAda\t${ZURICH}\r\nBob\t${LONDON}\r\n`);
    await untilRead(() => {
      expect(value()).toBe(`${ZURICH},${LONDON},`);
    });
    await paste(`${BERLIN},\n${BERLIN}1`);
    await untilRead(() => {
      expect(value()).toBe(`${ZURICH},${LONDON},${BERLIN},${BERLIN}1,`);
    });
    await paste('Name\tBorn\nEve\t');
    await untilRead(() => {
      expect(input().value).toBe('Name, Born, Eve');
    });
  });

  describe('with a pasted table of several columns with digits', () => {
    const TABLE = [
      'Customer;Name;"Mobile; private";Born',
      '4711001;Ada;030 901820;1990-05-12',
      `4711002;Bob;${ZURICH};12.05.1990`,
      '4711003;Eve;none;',
      '4711004;Cid;01;',
    ].join('\n');

    beforeAll(() => {
      // The digits of a date make a number there.
      country = 'DE';
      // This DOM has no modal dialogs.
      HTMLDialogElement.prototype.showModal = function () {
        this.open = true;
      };
      HTMLDialogElement.prototype.close = function (returnValue = '') {
        Object.assign(this, { returnValue, open: false });
        this.dispatchEvent(new Event('close'));
      };
    });
    beforeEach(async () => {
      await paste(TABLE);
      await untilRead(() => {
        expect(inDialog('h2')).toEqual(['Which column has the phone numbers?']);
      });
    });
    afterAll(() => {
      country = 'CH';
    });

    const dialog = () => document.querySelector('dialog');
    const inDialog = (selector: string) =>
      Array.from(dialog()?.querySelectorAll(selector) ?? [], words);
    const boxes = () => Array.from(dialog()?.querySelectorAll('input') ?? []);
    const click = async (name: string) => {
      const buttons = Array.from(dialog()?.querySelectorAll('button') ?? []);
      buttons.find((each) => words(each) === name)?.click();
      await fixture.whenStable();
    };

    it('asks for the column, and suggests the one that looks most like numbers', () => {
      expect(inDialog('label')).toEqual([
        'Customer 4 entries 4711001 · 4711002 · 4711003',
        `Mobile; private 3 entries 030 901820 · ${ZURICH} · 01`,
        'Born 2 entries 1990-05-12 · 12.05.1990',
      ]);
      expect(boxes().map(({ checked }) => checked)).toEqual([false, true, false]);
      expect(boxes().map((box) => box.hasAttribute('autofocus'))).toEqual([false, true, false]);
      expect(chips()).toEqual([]);
    });

    it('adds the column that is chosen; what is no number stays typed', async () => {
      await click('Add 3 entries');
      expect(value()).toBe(`${BERLIN},${ZURICH},01`);
      expect(dialog()).toBeNull();
    });

    it('adds several columns, or none', async () => {
      boxes()[1]?.click();
      await fixture.whenStable();
      const submit = dialog()?.querySelector<HTMLButtonElement>('.button--primary');
      expect(submit?.disabled).toBe(true);
      boxes()[0]?.click();
      boxes()[1]?.click();
      await fixture.whenStable();
      await click('Add 7 entries');
      expect(chips()).toHaveLength(6);
    });

    it('asks for the columns of one row, and takes no line break within a cell for a part of a number', async () => {
      await click('Cancel');
      for (const row of [
        'Ada;4711001;+49 30 901820;99',
        '4711\t030 901820',
        '"030 901820\n1"\tAda',
      ]) {
        await paste(row);
        // Nobody sends it meanwhile.
        expect(fixture.componentInstance.control().valid).toBe(false);
        await untilRead(() => {
          expect(inDialog('button')).toContain('Cancel');
        });
        expect(value()).toBe('');
        if (row.startsWith('"')) {
          await click('Add 1 entry');
          expect(chips()).toEqual([]);
          expect(input().value).toBe('030 901820¦1');
        } else await click('Cancel');
      }
    });

    it('asks only once the field has the focus again, and sends nothing that is not read', async () => {
      await click('Cancel');
      for (const row of [`${BERLIN}\t99`, '4711\t030 901820', '\t030 901820\t1']) {
        await paste(row);
        input().blur();
        await fixture.whenStable();
        await new Promise((resolve) => setTimeout(resolve));
        expect(dialog()).toBeNull();
        expect(fixture.componentInstance.control().valid).toBe(false);
        await press('Enter');
        expect(chips()).toEqual([]);
        input().focus();
        await untilRead(() => {
          expect(inDialog('button')).toContain('Cancel');
        });
        await click('Cancel');
        expect(value()).toBe('');
      }
    });

    it('adds nothing where the question is closed', async () => {
      await click('Cancel');
      expect(dialog()).toBeNull();
      expect(value()).toBe('');
    });
  });

  it('takes a text apart in a time that grows with its length, and no faster', () => {
    const parser = TestBed.inject(RecipientParser);
    const timeOf = (length: number): number => {
      const text = '7 x '.repeat(length / 4);
      const times = Array.from({ length: 3 }, () => {
        const before = performance.now();
        parser.split(text);
        return performance.now() - before;
      });
      return Math.min(...times);
    };
    timeOf(20_000);
    expect(timeOf(200_000)).toBeLessThan(50 * timeOf(20_000));
  });

  it('understands a number behind its name, and takes nobody else of that name', async () => {
    TestBed.inject(ContactNames).replace(new Map([[BERLIN, 'Ada Lovelace']]));
    await type(`Ada Lovelace ${ZURICH}, Bob ${LONDON}`);
    expect(chips()).toEqual(['+41 79 123 45 67']);
    for (let time = 1; time <= 3; time += 1) await press('Enter');
    expect(chips()).toEqual(['+41 79 123 45 67', '+44 20 7946 0958']);
    expect(done).toHaveBeenCalled();
  });

  it('leaves alone what an input method is writing', async () => {
    const text = `${ZURICH}, +4`;
    await type(text, text.length, { isComposing: true });
    expect(chips()).toEqual([]);
    expect(input().value).toBe(text);
    input().dispatchEvent(new CompositionEvent('compositionend'));
    await fixture.whenStable();
    expect(chips()).toEqual(['+41 79 123 45 67']);
  });

  it('chooses the first of a name only once all are known, and shows the number of one of two', async () => {
    const names = TestBed.inject(ContactNames);
    names.clear();
    names.add(new Map([[LONDON, 'Ada Lovelace']]));
    await type('ada');
    expect(active()).toBeUndefined();
    const both = [BERLIN, LONDON].map((number) => [number, 'Ada Lovelace'] as const);
    names.replace(new Map(both));
    await fixture.whenStable();
    expect(active()).toContain('Ada Lovelace');
    await press('Enter');
    expect(chips()).toEqual(['Ada Lovelace +49 30 901820']);
  });

  it('leaves the only one of a name highlighted', async () => {
    TestBed.inject(ContactNames).replace(new Map([[BERLIN, 'Ada Lovelace']]));
    await type('lovel');
    for (const key of ['ArrowDown', 'ArrowUp', 'ArrowDown']) {
      await press(key);
      expect(active()).toContain('Ada Lovelace');
    }
  });

  it.each([ZURICH, ` ${ZURICH}\n`, '079 123 45 67', '079 123\n45 67', `${ZURICH}, ${LONDON}`])(
    'leaves to the browser what is pasted as one line or one number: %j',
    async (text) => {
      expect(await paste(text)).toBe(true);
      expect(chips()).toEqual([]);
    },
  );

  it('is in view after a list, whose recipients are shown by then', async () => {
    const shown: number[] = [];
    Element.prototype.scrollIntoView = () => void shown.push(chips().length);
    await type(`${ZURICH}, ${LONDON}, `);
    expect(shown).toEqual([2]);
  });

  it('suggests nobody who is chosen in another spelling', async () => {
    fixture.componentRef.setInput('known', ['+525512345678', BERLIN]);
    await type('+5215512345678, ');
    expect(options()).toEqual(['+49 30 901820 DE Germany']);
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

  async function type(
    text: string,
    caret = text.length,
    event: InputEventInit = {},
  ): Promise<void> {
    input().value = text;
    input().setSelectionRange(caret, caret);
    input().dispatchEvent(new InputEvent('input', event));
    await fixture.whenStable();
  }

  /** Whether the browser goes on to paste it. */
  async function paste(text: string): Promise<boolean> {
    const event = Object.assign(new Event('paste', { bubbles: true, cancelable: true }), {
      clipboardData: { getData: () => text },
    });
    const isLeft = input().dispatchEvent(event);
    await fixture.whenStable();
    return isLeft;
  }

  /** Until the part that reads tables is loaded, and has read one. */
  function untilRead(check: () => void): Promise<void> {
    return vi.waitFor(() => {
      // This DOM loads no stylesheets.
      for (const link of document.head.querySelectorAll('link'))
        link.dispatchEvent(new Event('load'));
      check();
    }, LOADING);
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
