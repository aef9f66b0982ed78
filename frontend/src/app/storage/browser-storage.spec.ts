import { TestBed } from '@angular/core/testing';
import { BrowserStorage } from './browser-storage';
import { fillStorage } from './testing';

describe('BrowserStorage', () => {
  const storage = () => TestBed.inject(BrowserStorage);
  const otherTabWrote = (key: string, newValue: string | null) =>
    window.dispatchEvent(new StorageEvent('storage', { key, newValue }));

  beforeEach(() => {
    localStorage.clear();
  });

  afterEach(() => {
    vi.restoreAllMocks();
    localStorage.clear();
  });

  it('stores entries', () => {
    storage().set('a', '1');
    expect(localStorage.getItem('a')).toBe('1');
    expect(storage().get('a')).toBe('1');
    expect(storage().unstored()).toEqual([]);
  });

  it('holds entries in memory if the storage is full, with precedence, and lists them', () => {
    storage().set('a', '1');
    fillStorage();
    storage().set('a', '2');
    storage().set('b', '3');
    expect(localStorage.getItem('a')).toBe('1');
    expect(storage().get('a')).toBe('2');
    expect(storage().keys().sort()).toEqual(['a', 'b']);
    expect(storage().unstored()).toEqual(['a', 'b']);
    storage().remove('a');
    expect(storage().get('a')).toBeNull();
    expect(localStorage.getItem('a')).toBeNull();
    expect(storage().unstored()).toEqual(['b']);
  });

  it('stores them once there is space', () => {
    const nothing = fillStorage();
    storage().set('a', '1');
    nothing.mockRestore();
    storage().remove('b');
    expect(localStorage.getItem('a')).toBe('1');
    expect(storage().unstored()).toEqual([]);
  });

  it('keeps the stored entry if its replacement does not fit', () => {
    storage().set('a', '1');
    fillStorage();
    storage().replace('a', '2');
    expect(storage().get('a')).toBe('1');
    expect(storage().unstored()).toEqual([]);
  });

  it('replaces in memory an entry that is only there', () => {
    fillStorage();
    storage().set('a', '1');
    storage().replace('a', '2');
    expect(storage().get('a')).toBe('2');
  });

  it('lets the later write of another tab win', () => {
    const nothing = fillStorage();
    storage().set('a', '1');
    storage().set('b', '1');
    nothing.mockRestore();
    localStorage.setItem('a', '2');
    otherTabWrote('a', '2');
    expect(storage().get('a')).toBe('2');
    expect(localStorage.getItem('b')).toBe('1');
  });

  it.each([
    ['forbidden', forbidden],
    ['absent', () => undefined],
    ['null', () => null],
  ])('does with memory where storage is %s', (_, get) => {
    const own = Object.getOwnPropertyDescriptor(window, 'localStorage');
    Object.defineProperty(window, 'localStorage', { get, configurable: true });
    try {
      storage().set('a', '1');
      storage().replace('a', '2');
      expect(storage().get('a')).toBe('2');
      expect(storage().keys()).toEqual(['a']);
      storage().remove('a');
      expect(storage().get('a')).toBeNull();
    } finally {
      if (own) Object.defineProperty(window, 'localStorage', own);
    }
  });
});

function forbidden(): never {
  throw new DOMException('Denied', 'SecurityError');
}
