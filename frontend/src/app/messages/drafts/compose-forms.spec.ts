import { TestBed } from '@angular/core/testing';
import { Picture } from '../pictures';
import { SessionRepository } from '../../session/session-repository';
import { SessionStore } from '../../session/session-store';
import { StorageKind, UserStorage } from '../../session/user-storage';
import { ComposeForm, addPlaces, canUndo, replace, undo } from './compose-form';
import { NEW_MESSAGE } from '../conversation-key';
import { ComposeForms } from './compose-forms';
import { Drafts } from './drafts';
import { RecipientParser } from '../recipient-parser';

const NUMBER = '+14155552671';
type Written = ReturnType<ComposeForm['getRawValue']>;
const ada = { id: 'ada', email: 'ada@example.com' };

describe('ComposeForms', () => {
  const findWrong = vi.fn<RecipientParser['findWrong']>();
  const drafts = () => TestBed.inject(UserStorage).namespace('drafts', 'ada');
  const forms = () => TestBed.inject(ComposeForms);
  const pictures = () => TestBed.inject(UserStorage).namespace('pictures', 'ada');
  const notify = (key: string, kind: StorageKind = 'drafts') =>
    window.dispatchEvent(new StorageEvent('storage', { key: `mysms.${kind}.ada.${key}` }));

  beforeEach(() => {
    localStorage.clear();
    findWrong.mockReset();
    TestBed.configureTestingModule({
      providers: [
        ...[ComposeForms, Drafts],
        { provide: RecipientParser, useValue: { known: () => undefined, findWrong } },
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
    const keep = vi.spyOn(TestBed.inject(Drafts), 'setText');
    drafts().set(NUMBER, { recipient_number: NUMBER, content: 'Written over there' });
    notify(NUMBER);
    expect(form.getRawValue().content).toBe('Written over there');
    expect(keep).not.toHaveBeenCalled();
  });

  it('stores the pictures it has beside a text that another tab has just written', () => {
    const form = forms().get(NUMBER);
    form.controls.content.setValue('The quick');
    const text = { recipient_number: NUMBER, content: 'The quick brown fox' };
    drafts().set(NUMBER, text);
    addPlaces(form, ['a file']);
    expect(drafts().read().get(NUMBER)).toEqual(text);
    notify(NUMBER);
    expect(form.getRawValue()).toMatchObject({ ...text, media: [{ id: '' }] });
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

  it('can still undo once a forwarded message has its recipient', () => {
    const form = forms().get(NEW_MESSAGE);
    form.patchValue({ recipient_number: NUMBER, content: 'Mine' });
    forms().putIntoNew({ recipient_number: '', content: 'One' });
    form.controls.recipient_number.setValue('+49 30');
    undo(form);
    expect(form.getRawValue()).toMatchObject({ recipient_number: NUMBER, content: 'Mine' });
  });

  it('brings back nothing but the text where nothing else was replaced', () => {
    const form = forms().get(NEW_MESSAGE);
    form.patchValue({ recipient_number: NUMBER, content: '“Mine”' });
    replace(form, { recipient_number: NUMBER, content: '"Mine"' });
    form.controls.recipient_number.setValue('+49 30');
    undo(form);
    expect(form.getRawValue()).toMatchObject({ recipient_number: '+49 30', content: '“Mine”' });
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

  it('is told what is wrong with a recipient', () => {
    const { recipient_number } = forms().get(NEW_MESSAGE).controls;
    findWrong.mockReturnValue({ text: NUMBER, error: 'is too long' });
    recipient_number.setValue(`${NUMBER},`);
    expect(findWrong).toHaveBeenLastCalledWith(`${NUMBER},`);
    expect(recipient_number.errors).toEqual({ phoneNumber: 'is too long' });
  });

  it('adds a text to a new message once, also if it comes again', () => {
    forms().addToNew('Look');
    forms().addToNew('Look');
    forms().addToNew('ok');
    forms().addToNew('ok');
    expect(forms().get(NEW_MESSAGE).getRawValue().content).toBe('Look\nok');
  });

  it('puts a message back in front of what has been written since', () => {
    forms().get(NUMBER).controls.content.setValue('since');
    forms().putBack({ recipient_number: NUMBER, content: 'before' });
    expect(forms().get(NUMBER).getRawValue().content).toBe('before\nsince');
  });

  describe('with pictures', () => {
    const picture = (id: string, ageHours = 0): Picture => ({
      key: id || 'added-1',
      order: Date.now() - ageHours,
      id,
      thumbnail: 'data:image/jpeg;base64,',
      bytes: 9,
      uploadedAt: Date.now() - ageHours * 3600 * 1000,
    });
    /** As another tab stores them. */
    function store(...media: Picture[]): void {
      for (const each of media) {
        pictures().set(`${NUMBER}.${each.key}`, each);
        notify(`${NUMBER}.${each.key}`, 'pictures');
      }
    }

    function removeElsewhere({ key }: Picture): void {
      pictures().remove(`${NUMBER}.${key}`);
      notify(`${NUMBER}.${key}`, 'pictures');
    }

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
      expect([...pictures().read().keys()].sort()).toEqual([`${NUMBER}.a`, `${NUMBER}.added-1`]);
      expect(TestBed.inject(Drafts).toNumbers()).toEqual([{ peer: NUMBER, preview: '2 pictures' }]);
      expect(TestBed.inject(UserStorage).unsentCounts()).toEqual({ messages: 0, drafts: 1 });
      media.reset();
      expect(pictures().read().size).toBe(0);
      expect(TestBed.inject(Drafts).toNumbers()).toEqual([]);
    });

    it.each([
      ['that the API still has', picture('b', 22), true],
      ['that has expired', picture('a-old', 24), false],
      ['that was never uploaded', picture(''), false],
    ])('takes one from a draft %s', (_, last, isComplete) => {
      const media = [{ ...picture('z'), order: 0 }, last];
      store(...media);
      const form = forms().get(NUMBER);
      expect(form.getRawValue()).toEqual({ recipient_number: NUMBER, content: '', media });
      expect(form.valid).toBe(isComplete);
    });

    it('leaves a text alone that is being written while another tab uploads', () => {
      const form = forms().get(NUMBER);
      // As in an input method, whose text the form gets only at the end.
      const write = vi.spyOn(form.controls.content, 'setValue');
      store(picture(''));
      store({ ...picture(''), id: 'a', uploadedAt: Date.now() });
      expect(form.getRawValue().media).toMatchObject([{ id: 'a' }]);
      expect(form.valid).toBe(true);
      expect(write).not.toHaveBeenCalled();
    });

    it('changes none that another tab has changed meanwhile, whatever is added or removed', () => {
      const form = forms().get(NUMBER);
      store(picture('a'), picture(''));
      pictures().set(`${NUMBER}.added-1`, { ...picture(''), id: 'b' });
      form.controls.media.setValue(form.controls.media.value.filter(({ id }) => id !== 'a'));
      addPlaces(form, ['a file', 'another']);
      notify(`${NUMBER}.added-1`, 'pictures');
      const { media } = form.getRawValue();
      expect(media.map(({ id }) => id)).toEqual(['b', '', '']);
      expect(media.slice(1).every(({ key }) => pictures().read().has(`${NUMBER}.${key}`))).toBe(
        true,
      );
    });

    it('keeps what is being uploaded when another tab adds pictures, and tells what it removes', () => {
      const form = forms().get(NUMBER);
      const removed: string[] = [];
      forms().removedElsewhere.subscribe((key) => removed.push(key));
      const [[place] = []] = addPlaces(form, ['a file']);
      if (!place) throw new Error();
      const late = { ...picture('b'), order: Date.now() + 9 };
      store(late);
      expect(form.getRawValue().media.map(({ id }) => id)).toEqual(['', 'b']);
      removeElsewhere(place);
      expect(form.getRawValue().media.map(({ id }) => id)).toEqual(['b']);
      expect(removed).toEqual([place.key]);
    });

    it('does not bring back what another tab has removed, by an upload that ends before it is told', () => {
      const form = forms().get(NUMBER);
      const [[place] = []] = addPlaces(form, ['a file']);
      if (!place) throw new Error();
      pictures().remove(`${NUMBER}.${place.key}`);
      form.controls.media.setValue([{ ...place, id: 'a', uploadedAt: Date.now() }]);
      expect(pictures().read().size).toBe(0);
      notify(`${NUMBER}.${place.key}`, 'pictures');
      expect(form.getRawValue().media).toEqual([]);
    });

    it('has none any more once they are sent in another tab, whichever part is gone first', () => {
      for (const isTextFirst of [true, false]) {
        const form = forms().get(NUMBER);
        form.controls.content.setValue('Look');
        form.controls.media.setValue([picture('a')]);
        const removeText = (): void => {
          drafts().remove(NUMBER);
          notify(NUMBER);
        };
        if (isTextFirst) removeText();
        removeElsewhere(picture('a'));
        if (!isTextFirst) removeText();
        expect(form.getRawValue()).toEqual({ recipient_number: NUMBER, content: '', media: [] });
        expect(form.pristine).toBe(true);
        expect(drafts().read().size + pictures().read().size).toBe(0);
      }
    });

    it('puts them back before those that were added since', () => {
      const form = forms().get(NUMBER);
      form.controls.media.setValue([picture('b')]);
      const media = [picture('a'), picture('old', 24)];
      forms().putBack({ recipient_number: NUMBER, content: '', media });
      expect(form.getRawValue().media.map(({ id }) => id)).toEqual(['a', 'old', 'b']);
      expect(form.valid).toBe(false);
    });

    it('puts a text into the form without the pictures of the draft, which come back with it', () => {
      const form = forms().get(NEW_MESSAGE);
      const media = [picture('a')];
      form.setValue({ recipient_number: '', content: 'Mine', media });
      forms().putIntoNew({ recipient_number: NUMBER, content: 'One', media: undefined });
      expect(form.getRawValue().media).toEqual([]);
      forms().putIntoNew({ recipient_number: '', content: 'Two' });
      form.controls.recipient_number.setValue('+49 30');
      undo(form);
      expect(form.getRawValue()).toMatchObject({ recipient_number: NUMBER, content: 'One' });
      undo(form);
      expect(form.getRawValue()).toEqual({ recipient_number: '', content: 'Mine', media });
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
