import { ChangeDetectionStrategy, Component, signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { showDotInFavicon } from './favicon-dot';

const isShown = signal(false);

@Component({ template: '', changeDetection: ChangeDetectionStrategy.OnPush })
class WithDot {
  constructor() {
    showDotInFavicon(isShown);
  }
}

describe('showDotInFavicon', () => {
  const icon = document.createElement('link');

  beforeEach(() => {
    icon.rel = 'icon';
    icon.setAttribute('href', '/favicon.svg');
    document.head.append(icon);
  });

  afterEach(() => {
    icon.remove();
  });

  it('shows the dot while it is to be shown, until it is destroyed', async () => {
    const fixture = TestBed.createComponent(WithDot);
    for (const [shown, href] of [
      [false, '/favicon.svg'],
      [true, '/favicon-unread.svg'],
      [false, '/favicon.svg'],
      [true, '/favicon-unread.svg'],
    ] as const) {
      isShown.set(shown);
      await fixture.whenStable();
      expect(icon.getAttribute('href')).toBe(href);
    }
    fixture.destroy();
    expect(icon.getAttribute('href')).toBe('/favicon.svg');
  });
});
