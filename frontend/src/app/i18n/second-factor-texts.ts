import { plural } from './plural';

/** The second factor, on the account page. */
export const secondFactorTexts = {
  title: 'Second step',
  intro: {
    on: 'Besides your password, signing in asks for a code from an authenticator app.',
    off: 'Protect your account: signing in will also ask for a code from an authenticator app on your phone.',
  },
  loading: 'Loading…',
  tryAgain: 'Try again',
  on: 'On',
  codesLeft: (count: number) =>
    plural(count, {
      one: '# recovery code is left.',
      other: '# recovery codes are left.',
    }),
  fewLeft: 'Make new ones before you need the last.',

  begin: 'Set up…',
  usePhone: 'Use another phone…',
  beginSubmit: 'Set up',
  turnOff: 'Turn off…',
  turnOffSubmit: 'Turn off the second step',
  turnOffWarning: 'Signing in will ask for your password only.',
  replaceCodes: 'New recovery codes…',
  replaceCodesSubmit: 'Make new codes',
  replaceCodesWarning: 'The codes that you have will stop working.',

  done: {
    on: 'The second step is on.',
    off: 'The second step is off.',
    codesReplaced: 'You have new recovery codes.',
  },

  setUp: {
    title: 'Add this account to your authenticator app',
    scan: 'Scan the code with your app, or type in the key.',
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
      'If you lose your phone, each of these codes signs you in once in place of the six digits. Keep them in a safe place: they are shown only now.',
    list: 'Recovery codes',
    copy: 'Copy',
    copyLabel: 'Copy the recovery codes',
    download: 'Download',
    fileName: 'my-sms-messenger-recovery-codes.txt',
    kept: 'I have kept them',
  },
} as const;
