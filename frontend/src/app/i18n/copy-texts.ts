/** What a button that copies says once it has. */
export const copyTexts = {
  copied: 'Copied',
  selected: 'Selected: copy it with your keyboard or menu',
} as const;
