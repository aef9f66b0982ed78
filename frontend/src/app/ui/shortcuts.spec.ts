import { ChangeDetectionStrategy, Component, runInInjectionContext } from '@angular/core';
import { ComponentFixture, TestBed } from '@angular/core/testing';
import { Shortcut, Shortcuts } from './shortcuts';

const KEY = 'mysms.single-keys';

@Component({ changeDetection: ChangeDetectionStrategy.OnPush, template: '' })
class Page {}

describe('Shortcuts', () => {
  let shortcuts: Shortcuts;
  let page: ComponentFixture<Page>;

  beforeEach(() => {
    localStorage.removeItem(KEY);
    shortcuts = TestBed.inject(Shortcuts);
    page = TestBed.createComponent(Page);
  });

  afterEach(() => {
    document.body.replaceChildren();
  });

  function add(...keys: string[]) {
    const run = vi.fn();
    const shortcut: Shortcut = { keys, run };
    runInInjectionContext(page.componentRef.injector, () => {
      shortcuts.add(shortcut);
    });
    return run;
  }

  function press(key: string, options: KeyboardEventInit = {}, at: EventTarget = document.body) {
    const event = new KeyboardEvent('keydown', {
      key,
      bubbles: true,
      cancelable: true,
      ...options,
    });
    at.dispatchEvent(event);
    return event;
  }

  function textarea(): HTMLTextAreaElement {
    return document.body.appendChild(document.createElement('textarea'));
  }

  it('runs for each of its keys, and prevents their default action', () => {
    const run = add('/', 'mod+k');
    expect(press('/').defaultPrevented).toBe(true);
    expect(press('k', { ctrlKey: true }).defaultPrevented).toBe(true);
    expect(run).toHaveBeenCalledTimes(2);
    expect(press('k').defaultPrevented).toBe(false);
  });

  it('recognises a character that needs Shift, and one typed with Caps Lock', () => {
    const help = add('?');
    const anew = add('n');
    press('?', { shiftKey: true });
    press('N');
    expect(help).toHaveBeenCalledOnce();
    expect(anew).toHaveBeenCalledOnce();
  });

  it.each([{ ctrlKey: true }, { altKey: true }, { metaKey: true }])(
    'leaves a character with another key (%o) to the browser',
    (options) => {
      const run = add('n');
      press('n', options);
      expect(run).not.toHaveBeenCalled();
    },
  );

  it('leaves keys to the text field, except with Ctrl', () => {
    const character = add('n');
    const arrow = add('ArrowDown');
    const search = add('mod+k');
    const field = textarea();
    press('n', {}, field);
    press('ArrowDown', {}, field);
    expect(character).not.toHaveBeenCalled();
    expect(arrow).not.toHaveBeenCalled();
    press('k', { ctrlKey: true }, field);
    expect(search).toHaveBeenCalledOnce();
  });

  it('leaves a text field with the first Escape, and goes back with the second', () => {
    const back = add('Escape');
    const anew = add('n');
    document.body.innerHTML = '<main><h1>Here</h1></main>';
    const heading = document.querySelector('h1');
    if (heading) heading.checkVisibility = () => true;
    const field = textarea();
    field.value = 'Half a thought';
    field.focus();
    press('Escape', {}, field);
    expect(document.activeElement).toBe(heading);
    expect(field.value).toBe('Half a thought');
    expect(back).not.toHaveBeenCalled();
    press('n', {}, document.activeElement ?? document.body);
    expect(anew).toHaveBeenCalledOnce();
    press('Escape', {}, document.activeElement ?? document.body);
    expect(back).toHaveBeenCalledOnce();
  });

  it('leaves keys to an input method, and ignores those already handled', () => {
    const back = add('Escape');
    press('Escape', { isComposing: true });
    const field = textarea();
    field.addEventListener('keydown', (event) => {
      event.preventDefault();
    });
    press('Escape', {}, field);
    press('Escape', { repeat: true });
    expect(back).not.toHaveBeenCalled();
  });

  it.each([
    ['most browsers tell of', { isComposing: true }],
    ['Safari tells of', { keyCode: 229 }],
  ])('stays in a field where Escape ends a composition as %s it', (_, init) => {
    const field = textarea();
    field.focus();
    expect(press('Escape', init, field).defaultPrevented).toBe(false);
    expect(document.activeElement).toBe(field);
  });

  it('prefers the shortcut added last, for as long as its component lives', () => {
    const below = add('Escape');
    const pageBelow = page;
    page = TestBed.createComponent(Page);
    const above = add('Escape');
    press('Escape');
    expect([above, below].map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
    page.destroy();
    press('Escape');
    expect([above, below].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
    pageBelow.destroy();
    press('Escape');
    expect([above, below].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
  });

  it('turns single-key shortcuts off permanently, but not those with Ctrl', () => {
    const anew = add('n');
    const search = add('mod+k');
    shortcuts.useSingleKeys(false);
    press('n');
    press('k', { ctrlKey: true });
    expect(anew).not.toHaveBeenCalled();
    expect(search).toHaveBeenCalledOnce();

    TestBed.resetTestingModule();
    expect(TestBed.inject(Shortcuts).singleKeys()).toBe(false);
    TestBed.inject(Shortcuts).useSingleKeys(true);
    expect(localStorage.getItem(KEY)).toBeNull();
  });
});
