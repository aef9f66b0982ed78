import { plural } from './plural';

/** Two-step sign-in, in the settings. */
export const secondFactorTexts = {
  title: 'Two-step sign-in',
  intro: {
    on: 'Besides your password, signing in asks for a six-digit code from your authenticator app.',
    off: 'Protect your account: signing in will also ask for a six-digit code from an authenticator app on your phone.',
  },
  loading: 'Loading…',
  notLoaded: "This couldn't be loaded yet.",
  tryAgain: 'Try again',
  app: 'Authenticator app',
  on: 'On',
  codes: 'Recovery codes',
  codesLeft: (count: number) =>
    plural(count, {
      one: '# recovery code is left.',
      other: '# recovery codes are left.',
    }),
  fewLeft: 'Make new ones, in case you lose your phone.',

  begin: 'Set up…',
  usePhone: 'Use another phone…',
  beginSubmit: 'Set up',
  usePhoneWarning:
    'Once the new phone is set up, the codes of the old one and all your recovery codes stop working.',
  turnOff: 'Turn off…',
  turnOffSubmit: 'Turn off two-step sign-in',
  turnOffWarning: 'Signing in will ask for your password only.',
  replaceCodes: 'New recovery codes…',
  replaceCodesSubmit: 'Make new codes',
  replaceCodesWarning: 'The codes that you have will stop working.',

  done: {
    on: 'Two-step sign-in is on.',
    phoneReplaced: 'Your new phone is set up. You have new recovery codes.',
    off: 'Two-step sign-in is off.',
    codesReplaced: 'You have new recovery codes.',
  },

  setUp: {
    title: 'Add this account to your authenticator app',
    scan: 'Scan the code with your app, or type in the key. It expires in ten minutes, or when you reload this page.',
    qrCode: 'QR code for your authenticator app',
    open: 'Open in an app on this device',
    key: 'Key',
    copyKey: 'Copy the key',
    code: 'Six-digit code from the app',
    submit: 'Turn on',
    submitting: 'Checking…',
  },

  recoveryCodes: {
    title: 'Your recovery codes',
    intro:
      'If you lose your phone, each of these codes signs you in once in place of the six-digit code. Keep them in a safe place: you will not see them again.',
    list: 'Recovery codes',
    copy: 'Copy',
    copyLabel: 'Copy the recovery codes',
    download: 'Download',
    fileName: 'my-sms-messenger-recovery-codes.txt',
    file: ({ email, date, codes }: { email: string; date: string; codes: readonly string[] }) =>
      `MySMS Messenger: recovery codes

Account: ${email}
Made on: ${date}

If you lose your phone, sign in with your email and password. When you are asked
for the six-digit code, choose "Use a recovery code" and enter one of these.
Each works once. Any codes made earlier have stopped working.

${codes.join('\n')}
`,
    kept: 'I have saved them',
    leave: {
      title: 'Leave without your recovery codes?',
      text: 'You have neither copied nor downloaded them, and you will not see them again.',
      confirm: 'Leave',
      cancel: 'Stay',
    },
  },
} as const;
