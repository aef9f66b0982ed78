import { Contact } from '../api/models';
import { isSame, toFields, toInput, withLabels } from './contact-input';

const AT = '2026-11-22T12:34:56.789Z';
const ADA: Contact = {
  number: '+14155552671',
  name: 'Ada',
  note: 'Mornings.\nNot on Mondays.',
  labels: ['customer', 'Bern, Switzerland'],
  consent: { method: 'web_form', at: AT, source: 'example.com/join' },
  created_at: AT,
  updated_at: AT,
  version: 3,
  deleted_at: null,
};

describe('what is typed into a contact', () => {
  it('changes nothing by itself, to the millisecond and the comma', () => {
    expect(isSame(ADA, toFields(toInput(ADA), ADA))).toBe(true);
    expect(toFields(toInput(ADA), ADA).consent?.at).toBe(AT);
  });

  it('begins empty, without a consent', () => {
    const fields = toFields(toInput(undefined), undefined);
    expect(fields).toEqual({ name: '', note: '', labels: [], consent: null });
    expect(isSame(undefined, fields)).toBe(false);
  });

  it('has no name of white space, and none around one', () => {
    const named = (name: string) => toFields({ ...toInput(ADA), name }, ADA).name;
    expect(named(' \u200b\u2003 ')).toBe('');
    expect(named('  Zoe\u0308 ')).toBe('Zoë');
  });

  it.each([
    ['name', { name: 'Ada L.' }],
    ['note', { note: '' }],
    ['labels', { labels: ['customer'] }],
    ['a label that is being typed', { label: 'new' }],
    ['the consent', { method: '' }],
    ['the time', { at: '2026-11-22T09:00' }],
    ['the source', { source: 'A letter' }],
  ] as const)('differs by %s', (_, change) => {
    expect(isSame(ADA, toFields({ ...toInput(ADA), ...change }, ADA))).toBe(false);
  });

  it('has each label once, as commas and semicolons separate them', () => {
    expect(withLabels(['customer'], ' vip; customer,\u200b, new:::old ')).toEqual([
      'customer',
      'vip',
      'new',
      'old',
    ]);
  });

  it('takes a time as local', () => {
    const at = new Date(2026, 10, 22, 9, 30);
    const fields = toFields({ ...toInput(ADA), at: '2026-11-22T09:30' }, ADA);
    expect(fields.consent?.at).toBe(at.toISOString());
  });
});
