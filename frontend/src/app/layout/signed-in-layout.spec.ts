import { ChangeDetectionStrategy, Component, signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { Router, provideRouter } from '@angular/router';
import { SessionStore } from '../session/session-store';
import { ConnectionStatusStore } from '../ui/connection-status-store';
import { SignedInLayout } from './signed-in-layout';

@Component({
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: '<main><h1>Some page</h1></main>',
})
class SomePage {}

describe('SignedInLayout', () => {
  let layout: HTMLElement;

  beforeEach(() => {
    vi.stubGlobal('matchMedia', () => Object.assign(new EventTarget(), { matches: false }));
  });

  afterEach(() => {
    vi.unstubAllGlobals();
    layout.remove();
    document.head.querySelector('link')?.remove();
  });

  it.each([
    ['/messages', 1, ''],
    ['/settings', 1, ''],
    ['/settings/help?from=elsewhere', 0, 'Some page'],
  ])('at %s, "?" opens %i help dialogs', async (url, dialogs, focused) => {
    await open(url);
    document.dispatchEvent(new KeyboardEvent('keydown', { key: '?', bubbles: true }));
    const stylesheets = document.head.querySelectorAll('link');
    expect(stylesheets).toHaveLength(dialogs);
    for (const stylesheet of stylesheets) stylesheet.dispatchEvent(new Event('load'));
    await vi.waitFor(() => {
      expect(layout.querySelectorAll('app-help-dialog')).toHaveLength(dialogs);
    });
    expect(document.activeElement?.textContent ?? '').toContain(focused);
  });

  it.each([
    ['Files', '<p>A text</p>', true, 'none'],
    ['Files', '<input type="search" />', true, 'none'],
    ['Files', '<input type="file" />', false, 'copy'],
    ['text/plain', '<p>A text</p>', false, 'copy'],
  ])('refuses %s that are held over %s: %s', async (type, html, isRefused, dropEffect) => {
    await open('/messages');
    const dataTransfer = { types: [type], dropEffect: 'copy' };
    const held = new Event('dragover', { bubbles: true, cancelable: true });
    const main = layout.querySelector('main');
    main?.insertAdjacentHTML('beforeend', html);
    main?.lastElementChild?.dispatchEvent(Object.assign(held, { dataTransfer }));
    expect(held.defaultPrevented).toBe(isRefused);
    expect(dataTransfer.dropEffect).toBe(dropEffect);
  });

  async function open(url: string): Promise<void> {
    Element.prototype.checkVisibility = () => true;
    HTMLDialogElement.prototype.showModal = () => undefined;
    const problem = signal(undefined);
    TestBed.configureTestingModule({
      providers: [
        provideRouter([{ path: '**', component: SomePage }]),
        { provide: SessionStore, useValue: { user: signal(undefined), problem } },
        { provide: ConnectionStatusStore, useValue: { status: () => ({}) } },
      ],
    });
    const fixture = TestBed.createComponent(SignedInLayout);
    fixture.componentRef.setInput('waiting', 0);
    fixture.componentRef.setInput('unread', 0);
    layout = fixture.nativeElement as HTMLElement;
    document.body.append(layout);
    fixture.autoDetectChanges();
    await TestBed.inject(Router).navigateByUrl(url);
  }
});
