import { TestBed } from '@angular/core/testing';
import { ContactNames } from './contact-names';
import { formatPhoneNumber } from './format-phone-number';

const ADA = '+14155552671';
const FRIDA = '+525512345678';
const EMOJI = '+4915123456789';
const SHOP = '+41441234567';
const UNNAMED = '+4930123456';

describe('ContactNames', () => {
  let names: ContactNames;

  beforeEach(() => {
    names = TestBed.inject(ContactNames);
    names.replace(
      new Map([
        [ADA, 'Ada Byron Lovelace'],
        [FRIDA, 'Frída'],
        [EMOJI, '👩‍👧 (home)'],
        [SHOP, 'Workshop Bern 2'],
      ]),
    );
  });

  it('calls a number by its name in whatever spelling, and others by themselves', () => {
    expect(names.of(ADA)).toBe('Ada Byron Lovelace');
    expect(names.of('+5215512345678')).toBe('Frída');
    expect(names.of(UNNAMED)).toBe(formatPhoneNumber(UNNAMED));
    expect(names.of('BANK')).toBe('BANK');
  });

  it('lets a name run in its own direction, and a number from left to right', () => {
    expect([names.directionOf(ADA), names.directionOf(UNNAMED)]).toEqual(['auto', 'ltr']);
  });

  it('has the initials of the first and last word with letters, or the last digits', () => {
    expect([ADA, FRIDA, EMOJI, SHOP, UNNAMED].map((number) => names.initialsOf(number))).toEqual([
      'AL',
      'F',
      '👩‍👧(',
      'WB',
      '56',
    ]);
  });

  it('finds names by the beginnings of their words', () => {
    expect(names.search('LOVE ad', 9)).toEqual([ADA]);
    expect(names.search('fri', 9)).toEqual([FRIDA]);
    expect(names.search('yron', 9)).toEqual([]);
    expect(names.search('', 9)).toEqual([]);
    expect(names.search('415', 9)).toEqual([]);
    expect(names.search('f', 0)).toEqual([]);
    expect(names.search('bern 2', 9)).toEqual([SHOP]);
    for (const other of ['bern 1', 'Ada 415', 'Ada \uff10\uff17\uff19'])
      expect(names.search(other, 9)).toEqual([]);
  });

  it('adds names to those from before, which do not take the place of newer ones', () => {
    names.clear();
    names.add(new Map([[ADA, 'Ada King']]));
    names.restore(
      new Map([
        [ADA, 'Ada'],
        [FRIDA, 'Frida'],
      ]),
    );
    names.add(new Map([[FRIDA, 'Frída']]));
    expect([ADA, FRIDA].map((number) => names.of(number))).toEqual(['Ada King', 'Frída']);
    names.replace(new Map([[ADA, 'Ada King']]));
    expect(names.find(FRIDA)).toBeUndefined();
  });

  it('restores none that are deleted, and those of the next user', () => {
    names.replace(new Map());
    names.restore(new Map([[ADA, 'Ada']]));
    expect(names.find(ADA)).toBeUndefined();
    names.clear();
    names.restore(new Map([[ADA, 'Ada']]));
    expect(names.find(ADA)).toBe('Ada');
    names.clear();
    expect(names.find(ADA)).toBeUndefined();
  });
});
