import { plural } from './plural';

/** The page of all contacts, and the import. */
export const contactsPageTexts = {
  title: 'Contacts',
  count: (count: number) => plural(count, { one: '# contact', other: '# contacts' }),
  loading: 'Loading contacts…',
  list: 'Your contacts',
  search: 'Name, label or number',
  searchLabel: 'Search your contacts',
  more: 'Show more',
  found: (count: number) => plural(count, { one: '# contact found', other: '# contacts found' }),
  nothing: 'No contacts match',
  nothingText: 'Search for the beginning of a name or label, or for digits of a number.',
  empty: 'No contacts yet',
  emptyText:
    'A contact gives a number a name, and keeps how its owner agreed to get messages. Import those that you have, or add one.',
  choose: 'Choose a contact to see it, or add a new one.',
  tryAgain: 'Try again',
  back: 'Back to the contacts',
  write: 'Write',
  gone: 'There is no such number',
  goneText: 'This address has no phone number in it.',

  add: {
    action: 'New contact',
    title: 'New contact',
    number: 'Number',
    submit: 'Continue',
    checking: 'One moment…',
  },

  export: {
    submit: 'Export CSV',
    submitting: 'Exporting…',
    done: 'Exported.',
    fileName: 'contacts.csv',
  },

  import: {
    action: 'Import',
    title: 'Import contacts',
    intro:
      'From a CSV file, as spreadsheets and other address books export it, or from vCards (.vcf). Nothing is stored before you have seen what it would change.',
    choose: 'Choose a file',
    another: 'Choose another file',
    drop: 'or drop it here',
    limits: 'At most 20,000 rows and 5 MB.',
    tooLarge: 'This file is larger than 5 MB. Import it in parts.',
    unreadable: "This file can't be read. Has it been moved or changed?",
    checking: 'Reading the file…',
    columns: 'What the columns are',
    columnsText: 'What is not recognised is left out, unless you say what it is.',
    columnOf: (name: string) => `What “${name}” is`,
    fields: {
      ignore: 'Leave out',
      number: 'Number',
      name: 'Name',
      first_name: 'First name',
      middle_name: 'Middle name',
      last_name: 'Last name',
      organization: 'Organization',
      note: 'Note',
      labels: 'Labels',
      consent_method: 'Consent: method',
      consent_at: 'Consent: time',
      consent_source: 'Consent: source',
    },
    existing: 'Contacts that you have already',
    existingChoices: {
      update: 'Update them with what the file states',
      keep: 'Leave them as they are',
    },
    existingText:
      'What the file leaves out stays, labels are added, and a recorded consent is never changed.',
    counts: {
      new: 'New',
      updated: 'Updated',
      duplicate: 'Duplicates',
      invalid: 'Invalid',
    },
    preview: 'The first rows',
    row: (row: number) => `Row ${row}`,
    outcomes: { new: 'New', updated: 'Updated', duplicate: 'Duplicate', invalid: 'Invalid' },
    submit: (count: number) =>
      plural(count, { one: 'Import # contact', other: 'Import # contacts' }),
    submitting: 'Importing…',
    nothing: 'There is nothing new to import.',
    noNumber: 'Say which column has the numbers.',
    failed: (why: string) =>
      `${why} Some contacts may be stored already. Try again: none is stored twice.`,
    rejected: 'Download rejected rows',
    rejectedText: 'With the reasons. Put them right, and import that file.',
    rejectedFile: 'rejected-contacts.csv',
    done: (count: number) =>
      plural(count, { one: '# contact imported', other: '# contacts imported' }),
    tryAgain: 'Try again',
    show: 'Show your contacts',
  },
} as const;
