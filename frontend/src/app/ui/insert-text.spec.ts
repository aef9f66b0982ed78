import { insertText } from './insert-text';

describe('insertText', () => {
  let field: HTMLTextAreaElement;
  const typed = vi.fn<(event: Event) => void>();

  beforeEach(() => {
    field = document.body.appendChild(document.createElement('textarea'));
    field.value = 'See you at six!';
    field.setSelectionRange(8, 14);
    field.addEventListener('input', typed);
    typed.mockClear();
  });

  afterEach(() => {
    field.remove();
    Reflect.deleteProperty(document, 'execCommand');
  });

  it('puts the text in place of what is selected, and the caret after it', () => {
    insertText(field, '🕕');
    expect(field.value).toBe('See you 🕕!');
    expect([field.selectionStart, field.selectionEnd]).toEqual([10, 10]);
    expect(document.activeElement).toBe(field);
    expect(typed).toHaveBeenCalledOnce();
  });

  it('lets the browser do it where it can, in the focused field', () => {
    const command = vi.fn(() => document.activeElement === field);
    Object.assign(document, { execCommand: command });
    insertText(field, '🕕');
    expect(command).toHaveBeenCalledExactlyOnceWith('insertText', false, '🕕');
    expect(command).toHaveReturnedWith(true);
    expect(field.value).toBe('See you at six!');
    expect(typed).not.toHaveBeenCalled();
  });
});
