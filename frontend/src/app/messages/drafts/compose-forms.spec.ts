import { TestBed } from '@angular/core/testing';
import { Picture } from '../pictures';
import { SessionRepository } from '../../session/session-repository';
import { SessionStore } from '../../session/session-store';
import { UserStorage } from '../../session/user-storage';
import { ComposeForm, addPlaces, canUndo, replace, undo } from './compose-form';
import { NEW_MESSAGE } from '../conversation-key';
import { ComposeForms } from './compose-forms';
import { Drafts } from './drafts';
import { RecipientParser } from '../recipient-parser';

const NUMBER = '+14155552671';
type Written = ReturnType<ComposeForm['getRawValue']>;
const ada = { id: 'ada', email: 'ada@example.com' };

describe('ComposeForms', () => {
  const parse = vi.fn<RecipientParser['parse']>();
  const drafts = () => TestBed.inject(UserStorage).namespace('drafts', 'ada');
  const forms = () => TestBed.inject(ComposeForms);
  const notify = (key: string) =>
    window.dispatchEvent(new StorageEvent('storage', { key: `mysms.drafts.ada.${key}` }));

  beforeEach(() => {
    localStorage.clear();
    parse.mockReset();
    TestBed.configureTestingModule({
      providers: [
        ...[ComposeForms, Drafts],
        { provide: RecipientParser, useValue: { known: () => undefined, parse } },
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
    expect(form.getRawValue()).toEqual({ recipient_number: '', content: '', media: [] });
  });

  it('brings back a draft that several messages have replaced, and each of those before it', () => {
    const form = forms().get(NEW_MESSAGE);
    const [draft, one, two] = ['Mine', 'One', 'Two'].map((content) => ({
      recipient_number: NUMBER,
      content,
      media: [],
    })) as unknown as [Written, Written, Written];
    form.patchValue(draft);
    forms().putIntoNew(one);
    forms().putIntoNew(two);
    undo(form);
    expect(form.getRawValue()).toEqual(one);
    undo(form);
    expect(form.getRawValue()).toEqual(draft);
    expect(canUndo(form)).toBe(false);
  });

  it('can undo nothing once what replaced the draft has been changed', () => {
    const form = forms().get(NEW_MESSAGE);
    form.patchValue({ recipient_number: '', content: 'Mine' });
    forms().putIntoNew({ recipient_number: NUMBER, content: 'One' });
    forms().putIntoNew({ recipient_number: NUMBER, content: 'One' });
    form.controls.content.setValue('One and a half');
    expect(canUndo(form)).toBe(false);
  });

  it('brings back recipients without a text, and nothing at all is no draft', () => {
    const form = forms().get(NEW_MESSAGE);
    forms().putIntoNew({ recipient_number: '', content: '' });
    expect(canUndo(form)).toBe(false);
    form.patchValue({ recipient_number: `${NUMBER},+49 30`, content: '' });
    forms().putIntoNew({ recipient_number: '+4930', content: 'One' });
    undo(form);
    expect(form.getRawValue()).toMatchObject({
      recipient_number: `${NUMBER},+49 30`,
      content: '',
    });
  });

  it('parses each recipient that was chosen, too', () => {
    const { recipient_number } = forms().get(NEW_MESSAGE).controls;
    parse.mockReturnValue({ code: 'too_long', error: 'is too long' });
    recipient_number.setValue(`${NUMBER},`);
    expect(parse).toHaveBeenLastCalledWith(NUMBER);
    expect(recipient_number.errors).toEqual({ phoneNumber: 'is too long' });
  });

  it('puts a message back in front of what has been written since', () => {
    forms().get(NUMBER).controls.content.setValue('since');
    forms().putBack({ recipient_number: NUMBER, content: 'before' });
    expect(forms().get(NUMBER).getRawValue().content).toBe('before\nsince');
  });

  describe('with pictures', () => {
    const picture = (id: string, ageHours = 0): Picture => ({
      key: id || 'added-1',
      id,
      thumbnail: 'data:image/jpeg;base64,',
      bytes: 9,
      uploadedAt: Date.now() - ageHours * 3600 * 1000,
    });
    const stored = () => drafts().read().get(NUMBER) as { media?: Picture[] } | undefined;

    it('needs no text, and is complete once all are uploaded', () => {
      const { controls } = forms().get(NUMBER);
      expect(controls.content.valid).toBe(false);
      controls.media.setValue([picture('')]);
      expect(controls.content.valid).toBe(true);
      expect(controls.media.valid).toBe(false);
      controls.media.setValue([picture('a')]);
      expect(forms().get(NUMBER).valid).toBe(true);
      controls.media.reset();
      expect(controls.content.valid).toBe(false);
    });

    it('stores them with the draft, so that one that is never uploaded is missed', () => {
      const { media } = forms().get(NUMBER).controls;
      media.setValue([picture('a'), picture('')]);
      expect(stored()?.media?.map(({ id, key }) => [id, key])).toEqual([
        ['a', 'a'],
        ['', 'added-1'],
      ]);
      expect(TestBed.inject(Drafts).toNumbers()).toEqual([{ peer: NUMBER, preview: '2 pictures' }]);
      media.reset();
      expect(stored()).toBeUndefined();
    });

    it.each([
      ['that the API still has', picture('b', 22), true],
      ['that has expired', picture('old', 24), false],
      ['that was never uploaded', picture(''), false],
    ])('takes one from a draft %s', (_, last, isComplete) => {
      const media = [picture('a'), last];
      drafts().set(NUMBER, { recipient_number: NUMBER, content: '', media });
      const form = forms().get(NUMBER);
      expect(form.getRawValue().media).toEqual(media);
      expect(form.valid).toBe(isComplete);
    });

    it('knows what it is uploading from the draft of another tab', () => {
      const form = forms().get(NUMBER);
      addPlaces(form, ['a file']);
      const { media } = form.getRawValue();
      drafts().set(NUMBER, { recipient_number: NUMBER, content: 'Hi', media });
      notify(NUMBER);
      expect(form.getRawValue()).toMatchObject({ content: 'Hi', media });
      expect(form.getRawValue().media).toHaveLength(1);
    });

    it('follows the uploads of another tab, and keeps none of them once they are sent', () => {
      const form = forms().get(NUMBER);
      const change = (changed: Partial<Picture>): void => {
        const media = [{ ...picture(''), ...changed }];
        drafts().set(NUMBER, { recipient_number: NUMBER, content: '', media });
        notify(NUMBER);
      };
      change({});
      expect(form.valid).toBe(false);
      change({ id: 'a', uploadedAt: Date.now() });
      expect(form.getRawValue().media).toHaveLength(1);
      expect(form.valid).toBe(true);
      change({});
      drafts().remove(NUMBER);
      notify(NUMBER);
      expect(form.getRawValue().media).toEqual([]);
    });

    it('keeps what is being uploaded when another tab changes the draft', () => {
      const form = forms().get(NUMBER);
      addPlaces(form, ['a file']);
      drafts().set(NUMBER, { recipient_number: NUMBER, content: 'Hi', media: [picture('b')] });
      notify(NUMBER);
      expect(form.getRawValue().media.map(({ id }) => id)).toEqual(['b', '']);
      drafts().remove(NUMBER);
      notify(NUMBER);
      expect(form.getRawValue()).toMatchObject({ content: '', media: [{ id: '' }] });
    });

    it('puts them back before those that were added since', () => {
      const form = forms().get(NUMBER);
      form.controls.media.setValue([picture('b')]);
      const media = [picture('a'), picture('old', 24)];
      forms().putBack({ recipient_number: NUMBER, content: '', media });
      expect(form.getRawValue().media.map(({ id }) => id)).toEqual(['a', 'old', 'b']);
      expect(form.valid).toBe(false);
    });

    it('brings back the pictures that a message has replaced, and none that were added to a text', () => {
      const form = forms().get(NEW_MESSAGE);
      form.controls.media.setValue([picture('a')]);
      forms().putIntoNew({ recipient_number: NUMBER, content: 'One' });
      expect(form.getRawValue().media).toEqual([]);
      form.controls.media.setValue([picture('b')]);
      undo(form);
      expect(form.getRawValue().media.map(({ id }) => id)).toEqual(['a']);
      replace(form, { recipient_number: '', content: 'plain' });
      form.controls.media.setValue([picture('c')]);
      undo(form);
      expect(form.getRawValue().media.map(({ id }) => id)).toEqual(['c']);
    });
  });
});
