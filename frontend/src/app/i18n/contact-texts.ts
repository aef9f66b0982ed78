/** Whose number it is. */
export const contactTexts = {
  copy: 'Copy the number',
  call: 'Call',
  addName: 'Add name',
  edit: 'Edit',
  emptyTitle: 'Give this number a name',
  empty:
    'It is shown in place of the number everywhere, on all your devices, and you can search for it. Only you see it.',
  labels: 'Labels',
  consent: 'Consent',
  note: 'Note',
  optedOut: 'Opted out',
  notOptedOut: 'They have not opted out.',
  noConsent: 'How they agreed is not recorded.',
  agreed: (how: string, when: string) => `${how}, ${when}`,

  methods: {
    web_form: 'Web form',
    text_message: 'Text message',
    verbal: 'Spoken',
    written: 'In writing',
    other: 'Other',
  },

  form: {
    label: 'Contact',
    name: 'Name',
    note: 'Note',
    labels: 'Labels',
    newLabel: 'Add a label',
    newLabelHint: 'Enter or a comma adds it.',
    remove: (label: string) => `Remove label ${label}`,
    tooManyLabels: (most: number) => `are too many (maximum is ${most})`,
    consent: 'How they agreed to get messages',
    method: 'Consent',
    unknown: 'Not recorded',
    at: 'When',
    source: 'Proof of consent',
    sourceHint: 'Such as the address of the form',
    save: 'Save',
    saving: 'Saving…',
    cancel: 'Cancel',
    notSaved: (why: string) => `Not saved. ${why}`,
    changedElsewhere:
      'This contact has been changed elsewhere meanwhile. What you have typed is kept: Save replaces the change, Cancel shows it.',
    removedElsewhere:
      'This contact has been removed elsewhere meanwhile. What you have typed is kept: Save stores it again.',
  },

  saved: 'Saved',
  removal: {
    ask: 'Remove contact…',
    title: 'Remove this contact?',
    text: 'Its name, note, labels and consent are deleted. Your messages stay, and so does an opt-out.',
    confirm: 'Remove',
    keep: 'Keep',
    failed: "The contact wasn't removed",
    tryAgain: 'Try again',
    removed: 'Contact removed',
  },
} as const;
