import table from '../../../../backend/tests/messages/blank_text_cases.json';
import { isBlank } from './blank';

describe('isBlank', () => {
  it.each(table.cases.map(({ text, blank }) => [escape(text), text, blank] as const))(
    'knows "%s" of the table that it shares with the API',
    (_, text, blank) => {
      expect(isBlank(text)).toBe(blank);
    },
  );
});

function escape(text: string): string {
  return Array.from(text, (c) => `U+${c.codePointAt(0)?.toString(16) ?? ''}`).join(' ');
}
