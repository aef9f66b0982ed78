/** The settings; each place with its own texts beside these. */
export const settingsTexts = {
  title: 'Settings',
  back: 'All settings',

  account: {
    title: 'Account',
    you: 'You',
    appearance: 'Appearance',
    yourData: 'Your data',
  },
  security: { title: 'Security' },
  notifications: { title: 'Notifications' },
  help: { title: 'Help' },

  theme: {
    name: 'Theme',
    meanings: {
      system: 'Light or dark, as your device is set.',
      light: 'Always light.',
      dark: 'Always dark.',
    },
    choices: { system: 'System', light: 'Light', dark: 'Dark' },
  },
} as const;
