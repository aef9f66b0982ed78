import { TestBed } from '@angular/core/testing';
import { SearchBox } from './search-box';
import { SearchQuery } from './search-query';

describe('SearchBox', () => {
  const emitted = vi.fn();

  function press(init: KeyboardEventInit): boolean {
    emitted.mockReset();
    TestBed.configureTestingModule({ providers: [SearchQuery] });
    const fixture = TestBed.createComponent(SearchBox);
    const { leave, down, enter } = fixture.componentInstance;
    for (const output of [leave, down, enter]) output.subscribe(emitted);
    fixture.detectChanges();
    const box = (fixture.nativeElement as HTMLElement).querySelector('input');
    return box?.dispatchEvent(new KeyboardEvent('keydown', { cancelable: true, ...init })) ?? false;
  }

  it.each(['Escape', 'ArrowDown', 'Enter'])('answers to %s alone', (key) => {
    expect(press({ key })).toBe(false);
    expect(emitted).toHaveBeenCalledOnce();
  });

  it.each(['Escape', 'ArrowDown', 'Enter'])('leaves %s to an input method', (key) => {
    for (const init of [{ isComposing: true }, { keyCode: 229 }]) {
      TestBed.resetTestingModule();
      expect(press({ key, ...init })).toBe(true);
      expect(emitted).not.toHaveBeenCalled();
    }
  });
});
