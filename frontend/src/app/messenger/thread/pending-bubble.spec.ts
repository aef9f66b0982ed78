import { TestBed } from '@angular/core/testing';
import { PendingMessage } from '../../messages/outbox/pending-message';
import { PendingBubble } from './pending-bubble';

const pending: PendingMessage = {
  key: 'k',
  recipient: '+14155552671',
  content: 'Hello',
  writtenAt: new Date(),
  state: 'queued',
  problem: '',
  isRecipientError: false,
  mayBeAccepted: false,
  failures: 0,
  retryAt: undefined,
};

describe('PendingBubble', () => {
  it('offers no retry of a refused message', () => {
    const problem = 'Messages to this country are not allowed here.';
    const bubble = draw({ state: 'refused', problem });
    expect(noticeOf(bubble)).toBe(`Not sent: ${problem}`);
    expect(buttonsOf(bubble)).toEqual(['Edit', 'Discard']);
  });

  it('offers only a retry of an unanswered message', () => {
    const bubble = draw({
      ...{ state: 'unanswered', problem: 'Why.', mayBeAccepted: true, retryAt: new Date() },
    });
    expect(noticeOf(bubble)).toBe(
      "Not confirmed yet: Why. Retrying… Retrying won't send it twice.",
    );
    expect(buttonsOf(bubble)).toEqual(['Try again']);
  });

  it('shows a message that waits for the network without a warning, with edit and discard', () => {
    const bubble = draw({ problem: "You're offline: it will be sent when you're back" });
    expect(bubble.textContent).toContain("You're offline: it will be sent when you're back");
    expect(noticeOf(bubble)).toBeUndefined();
    expect(buttonsOf(bubble)).toEqual(['Edit', 'Discard']);
  });

  function draw(members: Partial<PendingMessage>): HTMLElement {
    const fixture = TestBed.createComponent(PendingBubble);
    fixture.componentRef.setInput('pending', { ...pending, ...members });
    fixture.detectChanges();
    return fixture.nativeElement as HTMLElement;
  }

  const words = (element: Element): string => element.textContent.replace(/\s+/g, ' ').trim();

  function noticeOf(bubble: HTMLElement): string | undefined {
    const notice = bubble.querySelector('[role="alert"]');
    return notice ? words(notice) : undefined;
  }

  function buttonsOf(bubble: HTMLElement): string[] {
    return Array.from(bubble.querySelectorAll('button'), words);
  }
});
