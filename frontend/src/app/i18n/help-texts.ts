/** What the help says: apart, so that it loads with it. */
export const helpTexts = {
  title: 'Help',
  close: 'Close',
  shortcuts: 'Keyboard',
  singleKeys: 'Use single keys',
  singleKeysHint:
    'Turn this off if shortcuts are triggered by accident, for example by speech input.',
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
      meaning: 'Not sent yet: waiting here or at the carrier.',
    },
    {
      icon: 'tick',
      tone: 'soft',
      name: 'Sent',
      meaning: 'It has left the carrier. Some networks never report more than this.',
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
    {
      icon: 'close',
      tone: 'soft',
      name: 'Canceled',
      meaning: 'It was withdrawn before it was sent.',
    },
  ],
} as const;
