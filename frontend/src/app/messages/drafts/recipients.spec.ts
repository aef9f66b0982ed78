import { joinRecipients, splitRecipients } from './recipients';

describe('the recipients of a new message', () => {
  it.each([
    ['', [], ''],
    ['079 1', [], '079 1'],
    ['+41791234567', [], '+41791234567'],
    ['+41791234567,', ['+41791234567'], ''],
    ['+41791234567,+4930901820,079 1', ['+41791234567', '+4930901820'], '079 1'],
    ['+41791234567,079 1,+4930901820', ['+41791234567'], '079 1,+4930901820'],
    ['415 555 2671,12', [], '415 555 2671,12'],
    ['+41791234567,,+49,Ada', ['+41791234567'], '+49,Ada'],
    [',,Ada', [], ',Ada'],
  ])('are held in one text: %j', (text, chosen, typed) => {
    expect(splitRecipients(text)).toEqual({ chosen, typed });
    expect(joinRecipients({ chosen, typed })).toBe(text);
  });

  it('has each once', () => {
    expect(joinRecipients({ chosen: ['+4930', '+4930'], typed: '' })).toBe('+4930,');
  });

  it.each([
    ['+5215512345678', '+525512345678'],
    ['+541123456789', '+5491123456789'],
  ])('has each once in any of its spellings, the first: %s, %s', (first, second) => {
    expect(joinRecipients({ chosen: [first, '+4930', second], typed: '' })).toBe(`${first},+4930,`);
  });
});
