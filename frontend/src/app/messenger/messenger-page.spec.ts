import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { By } from '@angular/platform-browser';
import { Router, provideRouter, withComponentInputBinding } from '@angular/router';
import { RouterTestingHarness } from '@angular/router/testing';
import { RANDOM } from '../api/backoff';
import { Message } from '../api/models';
import { NEW_MESSAGE } from '../messages/conversation-key';
import { undo } from '../messages/drafts/compose-form';
import { ComposeForms } from '../messages/drafts/compose-forms';
import { Drafts } from '../messages/drafts/drafts';
import { MessageActions } from '../messages/message-actions';
import { PanelContent } from './side-panel/panel-content';
import { MessengerPage } from './messenger-page';
import { RecipientParser } from '../messages/recipient-parser';
import { SendingSettings } from '../messages/sending-settings';
import { OptOutsClient } from '../messages/opt-outs/opt-outs-client';
import { OptOutsStore } from '../messages/opt-outs/opt-outs-store';
import { OutboxStore } from '../messages/outbox/outbox-store';
import { FakeApi, FakeUnread, aMessage, messages, setUpMessages } from '../messages/testing';
import { UnreadStore } from '../messages/unread-store';
import { NARROW } from '../ui/media-query';
import { Shortcuts } from '../ui/shortcuts';
import { TOUCH_SCREEN } from '../ui/touch-screen';
import { Thread } from './thread/thread';

/** What it shows in is beyond this DOM. */
@Component({
  selector: 'app-panel-content',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: '',
})
class NoContent {
  readonly content = input<unknown>();
  readonly inputs = input<unknown>();
  readonly skeleton = input<unknown>();
}

/** In this DOM, everything is in sight. */
class InSightAtOnce {
  constructor(private readonly run: IntersectionObserverCallback) {}

  observe(): void {
    this.run([{ isIntersecting: true }] as IntersectionObserverEntry[], {} as IntersectionObserver);
  }

  disconnect(): void {
    // There is nothing more to say.
  }
}

describe('MessengerPage', () => {
  let api: FakeApi;
  let page: HTMLElement;

  beforeEach(() => {
    localStorage.clear();
    vi.stubGlobal('matchMedia', () => Object.assign(new EventTarget(), { matches: false }));
    TestBed.overrideComponent(MessengerPage, {
      remove: { imports: [PanelContent] },
      add: { imports: [NoContent] },
    });
    api = setUpMessages(
      ...[ComposeForms, Drafts, MessageActions, RecipientParser, OutboxStore, SendingSettings],
      ...[OptOutsClient, OptOutsStore],
      { provide: RANDOM, useValue: () => 0 },
      provideRouter(
        [
          { path: 'messages', component: MessengerPage },
          { path: 'messages/:peer', component: MessengerPage },
        ],
        withComponentInputBinding(),
      ),
    );
  });

  afterEach(() => {
    page.remove();
    api.end();
    vi.unstubAllGlobals();
    localStorage.clear();
  });

  it.each([
    [
      'the key',
      () => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'n', bubbles: true })),
    ],
    ['the button', () => page.querySelector<HTMLElement>('a[href="/messages/new"]')?.click()],
  ])('begins a new message at its number where its form is open already, by %s', async (_, act) => {
    const harness = await RouterTestingHarness.create('/messages/new');
    page = harness.fixture.nativeElement as HTMLElement;
    document.body.append(page);
    harness.fixture.autoDetectChanges();
    await api.settle();
    (document.activeElement as HTMLElement).blur();
    act();
    for (let turn = 0; turn < 3; turn += 1) await api.settle();
    expect(TestBed.inject(Router).url).toBe('/messages/new');
    expect(document.activeElement?.id).toBe('recipient');
  });

  it('begins without recipients when a message is forwarded, and the draft comes back', async () => {
    const form = TestBed.inject(ComposeForms).get(NEW_MESSAGE);
    form.patchValue({ recipient_number: '+4930901820,079', content: 'Mine' });
    const harness = await RouterTestingHarness.create('/messages/+14155552671');
    page = harness.fixture.nativeElement as HTMLElement;
    harness.fixture.autoDetectChanges();
    await api.settle();
    const thread = harness.fixture.debugElement.query(By.directive(Thread));
    (thread.componentInstance as Thread).forward.emit(aMessage({ content: 'Theirs' }));
    for (let turn = 0; turn < 3; turn += 1) await api.settle();
    expect(TestBed.inject(Router).url).toBe('/messages/new');
    expect(form.getRawValue()).toEqual({ recipient_number: '', content: 'Theirs', media: [] });
    undo(form);
    expect(form.getRawValue()).toEqual({
      recipient_number: '+4930901820,079',
      content: 'Mine',
      media: [],
    });
  });

  it('reads no message that is behind a large picture until that is closed', async () => {
    vi.stubGlobal('IntersectionObserver', InSightAtOnce);
    const peer = '+14155552671';
    const unread = TestBed.inject(UnreadStore) as unknown as FakeUnread;
    unread.counts.set({ [peer]: 1 });
    const harness = await RouterTestingHarness.create(`/messages/${peer}?picture=m0001-0`);
    page = harness.fixture.nativeElement as HTMLElement;
    harness.fixture.autoDetectChanges();
    await api.settle();
    api.answerThread(messages(1, 2));
    await api.settle();
    expect(page.querySelectorAll('app-message-bubble')).toHaveLength(2);
    expect(unread.marked).toEqual([]);
    await harness.navigateByUrl(`/messages/${peer}`);
    await api.settle();
    expect(unread.marked).toEqual([`${peer} read`]);
  });

  it('shows the list on a phone before the first message if there is a draft in it', async () => {
    const drafts = TestBed.inject(Drafts);
    const harness = await RouterTestingHarness.create('/messages');
    page = harness.fixture.nativeElement as HTMLElement;
    harness.fixture.autoDetectChanges();
    api.start();
    await api.settle();
    await api.answerConversations([]);
    await api.settle();
    const isPaneOpen = () => page.querySelector('.messenger-page--pane-open') !== null;
    expect(isPaneOpen()).toBe(true);
    drafts.setText('+4930901820', { recipient_number: '+4930901820', content: 'Mine' });
    await api.settle();
    expect(isPaneOpen()).toBe(false);
  });

  describe('while no conversation is open', () => {
    const pane = () => page.querySelector('.messenger-page__pane')?.textContent.trim();

    async function open(media: readonly string[] = []): Promise<void> {
      vi.stubGlobal('matchMedia', (query: string) =>
        Object.assign(new EventTarget(), { matches: media.includes(query) }),
      );
      const harness = await RouterTestingHarness.create('/messages');
      page = harness.fixture.nativeElement as HTMLElement;
      harness.fixture.autoDetectChanges();
      api.start();
      await api.settle();
    }

    async function answer(conversations: Message[]): Promise<void> {
      await api.answerConversations(conversations);
      await api.settle();
    }

    it('says to choose one, once there is one', async () => {
      await open();
      expect(pane()).toBe('');
      await answer([aMessage({})]);
      expect(pane()).toBe('Choose a conversation, or press N to write a new message.');
      expect(page.querySelector('.messenger-page__pane kbd')?.textContent).toBe('N');
    });

    it('says so although the conversations could not be loaded', async () => {
      await open();
      api.refuseConversations();
      await api.settle();
      expect(pane()).toMatch(/^Choose a conversation/);
    });

    it('leaves it to who has none to write the first message', async () => {
      await open();
      await answer([]);
      expect(page.querySelector('.messenger-page__welcome')).not.toBeNull();
      expect(pane()).not.toContain('Choose');
    });

    it('names no key that does nothing', async () => {
      await open();
      await answer([aMessage({})]);
      TestBed.inject(Shortcuts).useSingleKeys(false);
      await api.settle();
      expect(pane()).toBe('Choose a conversation.');
    });

    it('names no key where there may be none', async () => {
      await open([TOUCH_SCREEN]);
      await answer([aMessage({})]);
      expect(pane()).toBe('Choose a conversation.');
    });

    it('leaves a message that has been begun to the list, unless there is no other', async () => {
      TestBed.inject(ComposeForms).get(NEW_MESSAGE).controls.content.setValue('Mine');
      await open();
      expect(page.querySelector('.conversation-row')?.textContent).toContain('Mine');
      await answer([aMessage({})]);
      expect(pane()).toMatch(/^Choose a conversation/);
    });

    it('shows a message that has been begun to who has no conversations', async () => {
      TestBed.inject(ComposeForms).get(NEW_MESSAGE).controls.content.setValue('Mine');
      await open();
      await answer([]);
      expect(page.querySelector('textarea')?.value).toBe('Mine');
    });

    it('shows the list alone on a phone', async () => {
      await open([NARROW]);
      await answer([aMessage({})]);
      expect(pane()).toBe('');
    });
  });
});
