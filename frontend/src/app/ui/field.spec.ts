import { ChangeDetectionStrategy, Component } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { FormControl } from '@angular/forms';
import { Field } from './field';
import { TOUCH_SCREEN } from './touch-screen';

@Component({
  selector: 'app-test-form',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Field],
  template: `
    <form>
      <app-field name="email" label="Email" enterkeyhint="next" [control]="email" />
      <app-field name="password" type="password" label="Password" [control]="password" />
    </form>
  `,
})
class TestForm {
  readonly email = new FormControl('', { nonNullable: true });
  readonly password = new FormControl('', { nonNullable: true });
}

describe('Field', () => {
  let isTouched: boolean;
  let page: HTMLElement;
  const field = (name: string) =>
    page.querySelector<HTMLInputElement>(`input[name=${name}]`) ?? fail();

  beforeEach(async () => {
    isTouched = true;
    vi.stubGlobal('matchMedia', (query: string) => ({
      matches: query === TOUCH_SCREEN && isTouched,
    }));
    const fixture = TestBed.createComponent(TestForm);
    page = document.body.appendChild(fixture.nativeElement as HTMLElement);
    await fixture.whenStable();
    field('email').focus();
  });

  afterEach(() => {
    page.remove();
    vi.unstubAllGlobals();
  });

  it('says what Enter does, on a keyboard on the screen', () => {
    expect(field('email').getAttribute('enterkeyhint')).toBe('next');
    expect(field('password').getAttribute('enterkeyhint')).toBe('go');
  });

  it('leads to the next field by Enter where that is empty', () => {
    expect(pressEnter('email')).toBe(false);
    expect(document.activeElement).toBe(field('password'));
    expect(pressEnter('password')).toBe(true);
  });

  it('sends the form by Enter if the next field is filled in', () => {
    field('password').value = 'known to the browser';
    expect(pressEnter('email')).toBe(true);
    expect(document.activeElement).toBe(field('email'));
  });

  it('sends the form by Enter on any other keyboard', () => {
    isTouched = false;
    expect(pressEnter('email')).toBe(true);
    expect(document.activeElement).toBe(field('email'));
  });

  /** Whether the browser goes on to submit the form. */
  function pressEnter(name: string): boolean {
    return field(name).dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }),
    );
  }

  function fail(): never {
    throw new Error('There is no such field');
  }
});
