import { TestBed } from '@angular/core/testing';
import { SessionRepository } from '../../session/session-repository';
import { SessionStore } from '../../session/session-store';
import { UserStorage } from '../../session/user-storage';
import { ComposeForms, NEW_MESSAGE } from './compose-forms';
import { Drafts } from './drafts';
import { RecipientParser } from '../recipient-parser';

const NUMBER = '+14155552671';
const ada = { id: 'ada', email: 'ada@example.com' };

describe('ComposeForms', () => {
  const drafts = () => TestBed.inject(UserStorage).namespace('drafts', 'ada');
  const forms = () => TestBed.inject(ComposeForms);
  const notify = (key: string) =>
    window.dispatchEvent(new StorageEvent('storage', { key: `mysms.drafts.ada.${key}` }));

  beforeEach(() => {
    localStorage.clear();
    TestBed.configureTestingModule({
      providers: [
        ...[ComposeForms, Drafts],
        { provide: RecipientParser, useValue: { known: () => undefined, parse: () => undefined } },
        { provide: SessionStore, useValue: { user: () => ada } },
      ],
    });
    TestBed.inject(SessionRepository).write({ refreshToken: 'r', user: ada });
  });

  afterEach(() => {
    localStorage.clear();
  });

  it('stores a draft, and removes an empty one', () => {
    forms().get(NUMBER).controls.content.setValue('Hello');
    expect(drafts().read().get(NUMBER)).toEqual({ recipient_number: NUMBER, content: 'Hello' });
    forms().get(NUMBER).controls.content.reset();
    expect(drafts().read().size).toBe(0);
  });

  it('follows another tab without storing anything itself', () => {
    const form = forms().get(NUMBER);
    const keep = vi.spyOn(TestBed.inject(Drafts), 'set');
    drafts().set(NUMBER, { recipient_number: NUMBER, content: 'Written over there' });
    notify(NUMBER);
    expect(form.getRawValue().content).toBe('Written over there');
    expect(keep).not.toHaveBeenCalled();
  });

  it('clears a draft that was sent in another tab', () => {
    drafts().set(NEW_MESSAGE, { recipient_number: NUMBER, content: 'Once' });
    const form = forms().get(NEW_MESSAGE);
    expect(form.getRawValue().content).toBe('Once');
    drafts().remove(NEW_MESSAGE);
    notify(NEW_MESSAGE);
    expect(form.getRawValue()).toEqual({ recipient_number: '', content: '' });
  });

  it('puts a message back in front of what has been written since', () => {
    forms().get(NUMBER).controls.content.setValue('since');
    forms().putBack({ recipient_number: NUMBER, content: 'before' });
    expect(forms().get(NUMBER).getRawValue().content).toBe('before\nsince');
  });
});
