import { onLongPress } from './long-press';

describe('onLongPress', () => {
  let scroller: HTMLElement;
  let pressed: HTMLElement[];
  let end: () => void;
  let clicks: number;

  beforeEach(() => {
    vi.useFakeTimers();
    scroller = document.createElement('div');
    scroller.innerHTML = '<p><b>Text</b> <a href="/">Link</a></p>';
    document.body.append(scroller);
    clicks = 0;
    scroller.addEventListener('click', () => (clicks += 1));
    pressed = [];
    end = onLongPress(scroller, 'p', (part) => pressed.push(part));
  });

  afterEach(() => {
    end();
    scroller.remove();
    vi.useRealTimers();
  });

  it('tells the part on which a finger rests', () => {
    touch('b', 'pointerdown');
    touch('b', 'pointermove', 4);
    vi.advanceTimersByTime(500);
    expect(pressed).toEqual([scroller.querySelector('p')]);
    touch('b', 'pointerup');
    expect(pressed).toHaveLength(1);
  });

  it.each([
    ['is lifted', () => touch('b', 'pointerup')],
    ['moves', () => touch('b', 'pointermove', 11)],
    ['scrolls', () => scroller.dispatchEvent(new Event('scroll'))],
    ['is taken by the browser', () => touch('b', 'pointercancel')],
  ])('tells nothing if the finger %s before', (_, act) => {
    touch('b', 'pointerdown');
    vi.advanceTimersByTime(400);
    act();
    vi.advanceTimersByTime(500);
    expect(pressed).toEqual([]);
  });

  it('leaves links to the browser, and the mouse its own menu', () => {
    touch('a', 'pointerdown');
    vi.advanceTimersByTime(600);
    expect(touch('a', 'contextmenu')).toBe(true);
    touch('b', 'pointerdown', 0, 'mouse');
    vi.advanceTimersByTime(600);
    expect(touch('b', 'contextmenu')).toBe(true);
    expect(pressed).toEqual([]);
    touch('b', 'pointerdown');
    expect(touch('b', 'contextmenu')).toBe(false);
  });

  it('tells a part that is a link itself, and takes the place of the menu of the browser', () => {
    end();
    end = onLongPress(scroller, 'a', (part) => pressed.push(part));
    touch('a', 'pointerdown');
    vi.advanceTimersByTime(500);
    expect(pressed).toEqual([scroller.querySelector('a')]);
    expect(touch('a', 'contextmenu')).toBe(false);
    touch('b', 'pointerdown');
    expect(touch('b', 'contextmenu')).toBe(true);
  });

  it('ignores the click that the release makes, and no other', () => {
    touch('b', 'pointerdown');
    vi.advanceTimersByTime(700);
    touch('b', 'pointerup');
    expect(touch('p', 'click')).toBe(false);
    expect(clicks).toBe(0);
    touch('p', 'click');
    expect(clicks).toBe(1);
  });

  it.each([
    ['later', () => vi.advanceTimersByTime(200)],
    ['of another finger', () => touch('p', 'pointerdown')],
  ])('leaves a click %s, where the release makes none', (_, act) => {
    touch('b', 'pointerdown');
    vi.advanceTimersByTime(700);
    touch('b', 'pointerup');
    act();
    touch('p', 'click');
    expect(clicks).toBe(1);
  });

  it('leaves the click of a short touch', () => {
    touch('b', 'pointerdown');
    touch('b', 'pointerup');
    touch('b', 'click');
    expect(clicks).toBe(1);
  });

  function touch(part: string, type: string, clientX = 0, pointerType = 'touch'): boolean {
    const event = new MouseEvent(type, { bubbles: true, cancelable: true, clientX });
    Object.assign(event, { pointerType, isPrimary: true });
    return scroller.querySelector(part)?.dispatchEvent(event) ?? false;
  }
});
