import { Contact } from '../api/models';
import { findContacts, sortContacts } from './contact-search';

function contact(name: string, number: string, ...labels: string[]): Contact {
  const at = '2026-11-22T12:00:00.000Z';
  const times = { created_at: at, updated_at: at, deleted_at: null };
  return { number, name, labels, note: '', consent: null, version: 1, ...times };
}

const ALL = sortContacts([
  contact('Zoë Lovelace', '+14155550001', 'VIP customer'),
  contact('ada Byron', '+4930123456'),
  contact('Émile', '+14155550003'),
  contact('Ada Byron', '+4930123455'),
]);

describe('the search for contacts', () => {
  const found = (text: string) => findContacts(ALL, text).map(({ number }) => number.slice(-1));

  it('lists all by name, regardless of case and accents, and then by number', () => {
    expect(found('').map(Number)).toHaveLength(4);
    expect(found('').slice(2)).toEqual(['3', '1']);
  });

  it('takes what a contact is found by from before, when all are sorted again', () => {
    const again = sortContacts(ALL.map(({ contact }) => contact));
    expect(again.every((each, index) => each === ALL[index])).toBe(true);
  });

  it.each([
    ['zoe', ['1']],
    ['LOV zo', ['1']],
    ['cust', ['1']],
    ['ovelace', []],
    ['ada by', ['5', '6']],
    ['???', []],
    ['030 1234', ['5', '6']],
    ['+1 (415) 555', ['3', '1']],
    ['00493', ['5', '6']],
    ['0003', ['3']],
  ])('finds %s', (text, expected) => {
    expect(found(text).sort()).toEqual([...expected].sort());
  });
});
