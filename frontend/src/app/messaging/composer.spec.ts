import { ComponentFixture, TestBed } from '@angular/core/testing';
import { NewMessage } from '../api/models';
import { newComposeForm } from './compose-form';
import { Composer } from './composer';

describe('Composer', () => {
  let fixture: ComponentFixture<Composer>;
  let page: HTMLElement;
  const sent = vi.fn<(message: NewMessage) => void>();
  const form = () => fixture.componentInstance.form();

  beforeEach(async () => {
    vi.stubGlobal('matchMedia', () => ({ matches: false }));
    sent.mockClear();
    fixture = TestBed.createComponent(Composer);
    fixture.componentRef.setInput('form', newComposeForm(''));
    fixture.componentRef.setInput('asksForRecipient', true);
    fixture.componentInstance.send.subscribe(sent);
    page = fixture.nativeElement as HTMLElement;
    await fixture.whenStable();
  });

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('sends the number as the carrier writes it', () => {
    form().setValue({ recipient_number: '+1 (415) 555-2671', content: 'Hello' });
    press('Enter');
    expect(sent).toHaveBeenCalledExactlyOnceWith({
      recipient_number: '+14155552671',
      content: 'Hello',
    });
  });

  it('breaks the line with Shift and Enter, and lets Enter end a composition', () => {
    form().setValue({ recipient_number: '+14155552671', content: 'Hello' });
    press('Enter', { shiftKey: true });
    press('Enter', { isComposing: true });
    expect(sent).not.toHaveBeenCalled();
  });

  it('says what is missing at the field it belongs to, and goes there', async () => {
    press('Enter');
    await fixture.whenStable();
    expect(sent).not.toHaveBeenCalled();
    expect(errors()).toEqual(["Phone number can't be blank.", "Message can't be blank."]);
    expect(document.activeElement?.id).toBe('recipient');
  });

  it('counts while one writes', async () => {
    form().controls.content.setValue('a'.repeat(142));
    await fixture.whenStable();
    expect(count()).toBe('142 characters · 1 segment · GSM-7');
    form().controls.content.setValue('Nice – see you');
    await fixture.whenStable();
    expect(count()).toBe('14 characters · 1 segment · UCS-2 because of –');
  });

  it('does not send more than the carrier takes', async () => {
    form().setValue({ recipient_number: '+14155552671', content: 'a'.repeat(1601) });
    press('Enter');
    await fixture.whenStable();
    expect(sent).not.toHaveBeenCalled();
    expect(errors()).toEqual(['Message is too long (maximum is 1600 characters).']);
  });

  it('clears the text and keeps the number', () => {
    form().setValue({ recipient_number: '+14155552671', content: 'Hello' });
    Array.from(page.querySelectorAll('button'))
      .find(({ textContent }) => textContent.trim() === 'Clear')
      ?.click();
    expect(form().getRawValue()).toEqual({ recipient_number: '+14155552671', content: '' });
  });

  function press(key: string, init: KeyboardEventInit = {}): void {
    page.querySelector('textarea')?.dispatchEvent(new KeyboardEvent('keydown', { key, ...init }));
  }

  const words = (element: Element | null) => element?.textContent.replace(/\s+/g, ' ').trim();
  const count = () => words(page.querySelector('.count'));
  const errors = () => Array.from(page.querySelectorAll('[role="alert"]')).map(words);
});
