import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { SearchBox } from './search-box';
import { SearchStore } from './search-store';

describe('SearchBox', () => {
  const heard = vi.fn();

  function press(init: KeyboardEventInit): boolean {
    heard.mockReset();
    const store = { words: signal('') };
    TestBed.configureTestingModule({ providers: [{ provide: SearchStore, useValue: store }] });
    const fixture = TestBed.createComponent(SearchBox);
    const { left, down, enter } = fixture.componentInstance;
    for (const output of [left, down, enter]) output.subscribe(heard);
    fixture.detectChanges();
    const box = (fixture.nativeElement as HTMLElement).querySelector('input');
    return box?.dispatchEvent(new KeyboardEvent('keydown', { cancelable: true, ...init })) ?? false;
  }

  it.each(['Escape', 'ArrowDown', 'Enter'])('answers to %s alone', (key) => {
    expect(press({ key })).toBe(false);
    expect(heard).toHaveBeenCalledOnce();
  });

  it.each(['Escape', 'ArrowDown', 'Enter'])('leaves %s to an input method', (key) => {
    for (const init of [{ isComposing: true }, { keyCode: 229 }]) {
      TestBed.resetTestingModule();
      expect(press({ key, ...init })).toBe(true);
      expect(heard).not.toHaveBeenCalled();
    }
  });
});
