import { TestBed } from '@angular/core/testing';
import { TitleBadge } from './title-badge';

describe('TitleBadge', () => {
  let hidden: boolean;

  beforeEach(() => {
    vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden);
    document.title = 'Messages';
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('counts changes while the page is hidden, until it is visible', () => {
    const notice = TestBed.inject(TitleBadge);
    hidden = true;
    notice.count();
    notice.count(2);
    expect(document.title).toBe('(3) Messages');

    hidden = false;
    document.dispatchEvent(new Event('visibilitychange'));
    expect(document.title).toBe('Messages');

    hidden = true;
    document.dispatchEvent(new Event('visibilitychange'));
    notice.count();
    expect(document.title).toBe('(1) Messages');
  });

  it('shows nothing while the page is visible', () => {
    hidden = false;
    TestBed.inject(TitleBadge).count();
    expect(document.title).toBe('Messages');
  });
});
