export const helpTexts = {
  title: 'Help',
  close: 'Close',
  shortcuts: 'Keyboard shortcuts',
  shortcutLabels: {
    help: 'Help',
    leaveField: 'Leave the text field, so that single-key shortcuts work',
    search: 'Search people and messages',
    newMessage: 'Write a new message',
    conversations: 'Move between conversations',
    archive: 'Archive the conversation, or bring it back',
    mute: 'Mute the conversation, or unmute it',
    undo: 'Undo archiving or muting',
    back: 'Go back, or close what is open',
    send: 'Send the message',
  },
  singleKeys: 'Single-key shortcuts',
  singleKeysHint:
    'Turn this off if shortcuts are triggered by accident, for example by speech input.',
  keys: {
    Escape: 'Esc',
    ArrowDown: '↓',
    ArrowUp: '↑',
    Control: 'Ctrl',
    Command: '⌘',
  } as Readonly<Record<string, string>>,

  statuses: 'Status icons',
  icons: [
    {
      icon: 'clock',
      tone: 'muted',
      name: 'On its way',
      meaning: 'Not sent yet: it is waiting here or at Twilio.',
    },
    {
      icon: 'tick',
      tone: 'muted',
      name: 'Sent',
      meaning: 'It has been sent to the carrier. Some networks never report more than this.',
    },
    {
      icon: 'ticks',
      tone: 'success',
      name: 'Delivered',
      meaning: 'It has arrived on the phone.',
    },
    {
      icon: 'question',
      tone: 'warning',
      name: 'Checking whether it was sent',
      meaning: "Twilio's response was lost. We're looking it up: don't send it again yet.",
    },
    {
      icon: 'warning',
      tone: 'danger',
      name: 'Not sent or not delivered',
      meaning: 'It did not arrive. The message says why and what you can do.',
    },
    {
      icon: 'close',
      tone: 'muted',
      name: 'Canceled',
      meaning: 'It was canceled before it was sent.',
    },
  ],
} as const;
