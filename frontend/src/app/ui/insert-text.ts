/** Deprecated, but the only way in which the browser's own undo knows of it. */
interface Commands {
  execCommand?: (command: 'insertText', showsUi: false, text: string) => boolean;
}

/** Focuses the field, and puts the text in place of what is selected there, as if it had been typed. */
export function insertText(field: HTMLTextAreaElement, text: string): void {
  field.focus();
  if ((document as Commands).execCommand?.('insertText', false, text)) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end');
  field.dispatchEvent(
    new InputEvent('input', { bubbles: true, inputType: 'insertText', data: text }),
  );
}
