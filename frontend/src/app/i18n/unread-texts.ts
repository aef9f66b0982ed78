import { plural } from './plural';

export const unreadTexts = {
  count: (count: number) => plural(count, { one: '# unread message', other: '# unread messages' }),
};
