import { ChangeDetectionStrategy, Component, ViewContainerRef, inject } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { setUpMessages } from '../../messages/testing';
import { muteWithNotice } from './undo-notice';

@Component({
  selector: 'app-place',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: '<main><h1>Messages</h1></main>',
})
class Place {
  readonly place = inject(ViewContainerRef);
}

describe('UndoNotice', () => {
  afterEach(() => {
    TestBed.resetTestingModule();
    vi.useRealTimers();
  });

  it('takes over the focus from the one before, and else takes none', () => {
    setUpMessages();
    const fixture = TestBed.createComponent(Place);
    fixture.detectChanges();
    const mute = (isMuted: boolean): HTMLElement => {
      muteWithNotice(fixture.componentInstance.place, { peer: '+4930900001', isMuted });
      TestBed.tick();
      return document.querySelector<HTMLElement>('app-undo-notice button') ?? expect.fail();
    };
    const first = mute(true);
    expect(document.activeElement).not.toBe(first);
    first.focus();
    const second = mute(false);
    expect(second).not.toBe(first);
    expect(document.activeElement).toBe(second);
  });
});
