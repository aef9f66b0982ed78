import { plural } from './plural';

export const notificationTexts = {
  received: (count: number) => plural(count, { one: 'New message', other: '# new messages' }),
  /** The same as in `src/service-worker.js`. */
  reply: 'Reply',

  settings: {
    browser: 'In this browser',
    intro: 'These settings are for this browser only, and end when you sign out.',
    newMessages: {
      name: 'New messages',
      states: {
        on: 'You are notified of new messages while MySMS is open in a tab that you are not looking at.',
        off: 'You are not notified of new messages.',
        default: 'You are not notified of new messages. Your browser will ask for your permission.',
        denied:
          'Your browser does not allow it. Allow notifications in its settings for this site, and turn them on here.',
        unsupported:
          'This browser cannot show notifications of this site. On an iPhone or iPad, add MySMS to the home screen first.',
      },
    },
    push: {
      name: 'While MySMS is closed',
      meanings: {
        on: 'You are notified through the push service of your browser, which cannot read your messages.',
        off: 'You are not notified while no tab is open.',
      },
      impossible:
        'This browser cannot notify you while MySMS is closed: its push service does not answer.',
    },
    text: {
      name: 'Show the text',
      meanings: {
        on: 'Whoever sees your screen can read it, even while the device is locked.',
        off: 'Notifications only say who has written.',
      },
    },
    sound: {
      name: 'Sound',
      meanings: { on: 'Plays a short sound.', off: 'Notifications are silent.' },
    },
  },
} as const;
