import { plural } from './plural';

/** What a search has found. */
export const searchResultsTexts = {
  results: 'Search results',
  searching: 'Searching…',
  people: 'People',
  messages: 'Messages',
  loadMore: 'Show more results',
  foundPeople: (count: number) =>
    plural(count, { one: '# conversation found.', other: '# conversations found.' }),
  foundMessages: (count: number) =>
    plural(count, { one: '# message found.', other: '# messages found.' }),
  foundMoreMessages: (count: number) =>
    plural(count, { one: '# or more messages found.', other: '# or more messages found.' }),
  /** The isolates keep the direction of the query's script. */
  nothing: (query: string) => `No results for “\u2068${query}\u2069”.`,
  nothingYet: (query: string) => `No results for “\u2068${query}\u2069” in your newest messages.`,
};
