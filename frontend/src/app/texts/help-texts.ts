/** What the help says: apart, so that it loads with it. */
export const helpTexts = {
  title: 'Help',
  close: 'Close',
  shortcuts: 'Keyboard',
  singleKeys: 'Use single keys',
  singleKeysHint: 'Turn this off if keys are pressed by accident, as speech input does.',
  or: 'or',
  keys: {
    Escape: 'Esc',
    ArrowDown: '↓',
    ArrowUp: '↑',
    Control: 'Ctrl',
    Command: '⌘',
  } as Readonly<Record<string, string>>,

  statuses: 'What the signs mean',
  signs: [
    {
      icon: 'clock',
      tone: 'soft',
      name: 'On its way',
      meaning: 'Kept here and handed over to the carrier as soon as that can be done.',
    },
    {
      icon: 'tick',
      tone: 'soft',
      name: 'Sent',
      meaning: 'The carrier has it. Some networks never report more than this.',
    },
    { icon: 'ticks', tone: 'good', name: 'Delivered', meaning: 'It has arrived at the phone.' },
    {
      icon: 'question',
      tone: 'maybe',
      name: 'Checking whether it was sent',
      meaning: 'The carrier’s answer was lost. It is being looked up: do not send it again yet.',
    },
    {
      icon: 'warning',
      tone: 'bad',
      name: 'Not sent, or not delivered',
      meaning: 'It did not arrive. The message says why, and what you can do.',
    },
  ],
} as const;
