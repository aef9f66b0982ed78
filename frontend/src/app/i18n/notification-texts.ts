import { plural } from './plural';

export const notificationTexts = {
  received: (count: number) => plural(count, { one: 'New message', other: '# new messages' }),

  settings: {
    browser: 'In this browser',
    intro: 'What you choose here holds for this browser only, and ends when you sign out.',
    newMessages: {
      name: 'New messages',
      states: {
        on: 'You are told of what comes in while MySMS is open in a tab that you are not looking at.',
        off: 'You are not told of what comes in.',
        default: 'You are not told of what comes in. Your browser will ask you whether it may.',
        denied:
          'Your browser does not allow it. Allow notifications in its settings for this site, and turn them on here.',
        unsupported:
          'This browser cannot show notifications of this site. On an iPhone or iPad, add MySMS to the home screen first.',
      },
    },
    push: {
      name: 'While MySMS is closed',
      meanings: {
        on: 'Your browser is told by its push service, which cannot read what it passes on.',
        off: 'You are not told while no tab is open.',
      },
      impossible:
        'This browser cannot be told while MySMS is closed: its push service does not answer.',
    },
    text: {
      name: 'Show the text',
      meanings: {
        on: 'Whoever sees your screen can read it, also while the device is locked.',
        off: 'Notifications only say which number has written.',
      },
    },
    sound: {
      name: 'Sound',
      meanings: { on: 'A short sound comes with it.', off: 'They come without a sound.' },
    },
  },
} as const;
