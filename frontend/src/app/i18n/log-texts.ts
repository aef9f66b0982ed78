import { wholeNumber } from './formats';
import { plural } from './plural';

/** The log of all messages. */
export const logTexts = {
  title: 'Message log',
  count: (count: number) => plural(count, { one: '# message', other: '# messages' }),

  filters: {
    label: 'Filters',
    search: 'Text or number',
    searchLabel: 'Search the log',
    period: 'Time',
    periods: {
      '': 'Any time',
      today: 'Today',
      week: 'Last 7 days',
      month: 'Last 30 days',
      dates: 'Between two days…',
    },
    from: 'First day',
    to: 'Last day',
    status: 'Status',
    statuses: {
      '': 'Any status',
      failed: 'Failed',
      waiting: 'On its way',
      sent: 'Sent',
      delivered: 'Delivered',
      canceled: 'Canceled',
      received: 'Received',
    },
    direction: 'Direction',
    directions: { '': 'In and out', outbound: 'Sent by you', inbound: 'Received' },
    number: 'Name or number',
    code: 'Error code',
    codeLabel: 'Error code',
    clear: (count: number) => plural(count, { one: 'Clear # filter', other: 'Clear # filters' }),
  },
  /** What the API's parameters are called here. */
  parameters: { peer_number: 'Number', error_code: 'Error code', search: 'Text' } as Readonly<
    Record<string, string>
  >,

  columns: {
    time: 'Time',
    direction: 'Direction',
    number: 'Person',
    text: 'Text',
    status: 'Status',
    code: 'Code',
    segments: 'Segments',
  },
  directions: { outbound: 'To', inbound: 'From' },
  open: (number: string, time: string) =>
    `Open the details of the message with ${number} from ${time}`,

  export: {
    submit: 'Export CSV',
    submitting: 'Exporting…',
    done: 'Exported.',
    fileName: 'messages.csv',
  },

  loading: 'Loading messages…',
  loadMore: 'Load more',
  searchFurther: 'Search further back',
  tryAgain: 'Try again',
  loaded: (count: number) =>
    plural(count, { one: '# message loaded.', other: '# messages loaded.' }),
  end: (count: number) => plural(count, { one: '# message', other: '# messages in all' }),
  most: (count: number) =>
    `Only the newest ${wholeNumber(count)} are shown here. Narrow the filters or export them to see more.`,

  frozen: "Results don't change while you search: new messages are not added.",

  empty: 'No messages yet',
  emptyText: 'The messages that you send and receive appear here, with their status.',
  toMessages: 'Write a message',
  nothing: 'No messages match',
  nothingText: 'Change or clear the filters to see more.',
  nothingYet: 'Nothing found yet',
  nothingYetText: 'None of the newest messages match. Older ones may.',
} as const;
