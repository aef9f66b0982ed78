import { TestBed } from '@angular/core/testing';
import { SessionStorage } from '../../session/session-storage';
import { SessionStore } from '../../session/session-store';
import { UserStorage } from '../../session/user-storage';
import { ComposeForms, NEW } from './compose-forms';
import { Drafts } from './drafts';
import { NumberReader } from '../recipient-parser';

const NUMBER = '+14155552671';
const ada = { id: 'ada', email: 'ada@example.com' };

describe('ComposeForms', () => {
  const drafts = () => TestBed.inject(UserStorage).shelf('drafts', 'ada');
  const forms = () => TestBed.inject(ComposeForms);
  const tell = (place: string) =>
    window.dispatchEvent(new StorageEvent('storage', { key: `mysms.drafts.ada.${place}` }));

  beforeEach(() => {
    localStorage.clear();
    TestBed.configureTestingModule({
      providers: [
        ...[ComposeForms, Drafts],
        { provide: NumberReader, useValue: { known: () => undefined, read: () => undefined } },
        { provide: SessionStore, useValue: { user: () => ada } },
      ],
    });
    TestBed.inject(SessionStorage).write({ refreshToken: 'r', user: ada });
  });

  afterEach(() => {
    localStorage.clear();
  });

  it('keeps what is written, and nothing of what is not', () => {
    forms().at(NUMBER).controls.content.setValue('Hello');
    expect(drafts().read().get(NUMBER)).toEqual({ recipient_number: NUMBER, content: 'Hello' });
    forms().at(NUMBER).controls.content.reset();
    expect(drafts().read().size).toBe(0);
  });

  it('follows another tab, without writing anything itself', () => {
    const form = forms().at(NUMBER);
    const keep = vi.spyOn(TestBed.inject(Drafts), 'keep');
    drafts().keep(NUMBER, { recipient_number: NUMBER, content: 'Written over there' });
    tell(NUMBER);
    expect(form.getRawValue().content).toBe('Written over there');
    expect(keep).not.toHaveBeenCalled();
  });

  it('does not leave what was sent in another tab to be sent again', () => {
    drafts().keep(NEW, { recipient_number: NUMBER, content: 'Once' });
    const form = forms().at(NEW);
    expect(form.getRawValue().content).toBe('Once');
    drafts().remove(NEW);
    tell(NEW);
    expect(form.getRawValue()).toEqual({ recipient_number: '', content: '' });
  });

  it('puts a message back before what has been written since', () => {
    forms().at(NUMBER).controls.content.setValue('since');
    forms().putBack({ recipient_number: NUMBER, content: 'before' });
    expect(forms().at(NUMBER).getRawValue().content).toBe('before\nsince');
  });
});
