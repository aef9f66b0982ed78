import { ChangeDetectionStrategy, Component, signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { showCountInTitle } from './title-count';

const count = signal(0);

@Component({ template: '', changeDetection: ChangeDetectionStrategy.OnPush })
class Counting {
  constructor() {
    showCountInTitle(count);
  }
}

describe('showCountInTitle', () => {
  it('shows the count before the title, also before one that is set later, until it is destroyed', async () => {
    document.title = 'Messages';
    count.set(0);
    const fixture = TestBed.createComponent(Counting);
    await fixture.whenStable();
    expect(document.title).toBe('Messages');
    count.set(3);
    await fixture.whenStable();
    expect(document.title).toBe('(3) Messages');
    document.title = 'Message log';
    await vi.waitFor(() => {
      expect(document.title).toBe('(3) Message log');
    });
    count.set(12);
    await fixture.whenStable();
    expect(document.title).toBe('(12) Message log');
    fixture.destroy();
    expect(document.title).toBe('Message log');
  });
});
