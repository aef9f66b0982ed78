/** Before the first message. */
export const welcomeTexts = {
  title: 'Send a text, see it arrive',
  lead: 'Write to any mobile phone in the world, and read the answers here.',
  phoneNumber: 'Phone number',
  start: 'Start writing',
  orTry: 'Or try',
  arrives: 'a number that reads it',
  fails: 'a number that fails',
  reportsLate: 'a late receipt',
  write: {
    title: '1. Write',
    text: 'Long texts and emoji work too. You see when a text becomes longer than one SMS.',
  },
  watch: {
    title: '2. Watch it arrive',
    text: 'One tick: the carrier has it. Two ticks: it is on the phone. If it fails, we say why.',
  },
  track: {
    title: '3. Keep track',
    text: 'The log lists every message with its status.',
    simulatedTitle: '3. Look at the phone',
    /** The placeholder stands for the link to the page with the phones. */
    simulated: 'Your text appears on the #. Nothing is charged.',
    phone: 'simulated phone',
  },
  from: (number: string) => `You send from ${number}`,
  demo: 'demo number, no real texts leave',
};
