import { onSwipe } from './swipe';

interface Begun {
  readonly x: number;
  readonly init?: Partial<PointerEventInit>;
  readonly on?: string;
  readonly scale?: number;
}

describe('onSwipe', () => {
  let scroller: HTMLElement;
  let swiped: HTMLElement[];
  let end: () => void;
  let motion: { matches: boolean };
  let viewport: EventTarget & { scale: number };
  const part = () => scroller.querySelector('p') as HTMLElement;
  const pull = () => part().style.getPropertyValue('--pull');

  beforeEach(() => {
    motion = { matches: false };
    viewport = Object.assign(new EventTarget(), { scale: 1 });
    vi.stubGlobal('matchMedia', () => motion);
    vi.stubGlobal('visualViewport', viewport);
    scroller = document.createElement('div');
    scroller.innerHTML = '<p><b>Text</b> <a href="/">Link</a></p><i></i>';
    document.body.append(scroller);
    swiped = [];
    end = onSwipe(scroller, 'p', (part) => swiped.push(part));
  });

  afterEach(() => {
    end();
    scroller.remove();
    vi.unstubAllGlobals();
  });

  it('follows the finger, marks the part once it is far enough, and tells it when let go', () => {
    touch('pointerdown', 300);
    touch('pointermove', 270);
    expect(pull()).toBe('30px');
    expect(part().className).toBe('');
    touch('pointermove', 230);
    expect(part().className).toBe('is-pulled');
    expect(swiped).toEqual([]);
    touch('pointerup', 230);
    expect(swiped).toEqual([part()]);
    expect(part().className).toBe('');
    expect(pull()).toBe('');
  });

  it('springs back where it is let go before, or taken back', () => {
    touch('pointerdown', 300);
    touch('pointermove', 230);
    touch('pointermove', 260);
    expect(part().className).toBe('');
    touch('pointerup', 260);
    expect(pull()).toBe('');
    expect(swiped).toEqual([]);
  });

  it.each([
    ['the browser takes the touch', 'pointercancel', {}],
    ['another finger comes', 'pointerdown', { isPrimary: false, pointerId: 2 }],
  ])('springs back and tells nothing if %s', (_, type, init) => {
    touch('pointerdown', 300);
    touch('pointermove', 200);
    expect(pull()).not.toBe('');
    touch(type, 200, init);
    expect(pull()).toBe('');
    touch('pointerup', 200);
    expect(swiped).toEqual([]);
  });

  it.each<[string, Begun]>([
    ['a mouse', { x: 300, init: { pointerType: 'mouse' } }],
    ['a touch at the edge', { x: innerWidth - 10 }],
    ['a touch elsewhere', { x: 300, on: 'i' }],
    ['a touch on a page that is zoomed in on', { x: 300, scale: 2 }],
  ])('leaves %s alone', (_, { x, init = {}, on = 'b', scale = 1 }) => {
    viewport.scale = scale;
    touch('pointerdown', x, init, on);
    touch('pointermove', x - 100, init, on);
    touch('pointerup', x - 100, init, on);
    expect(pull()).toBe('');
    expect(swiped).toEqual([]);
  });

  it('springs back when it ends, and listens no more', () => {
    touch('pointerdown', 300);
    touch('pointermove', 200);
    end();
    expect(pull()).toBe('');
    touch('pointerdown', 300);
    touch('pointermove', 200);
    touch('pointerup', 200);
    expect(swiped).toEqual([]);
  });

  it('leaves a finger alone that has begun otherwise, wherever it goes then', () => {
    touch('pointerdown', 300);
    touch('pointermove', 299, { clientY: 40 });
    touch('pointermove', 200, { clientY: 40 });
    touch('pointerup', 200, { clientY: 40 });
    expect(swiped).toEqual([]);
  });

  it('moves nothing where reduced motion is preferred, and does the same', () => {
    motion.matches = true;
    touch('pointerdown', 300);
    touch('pointermove', 200);
    expect(pull()).toBe('');
    expect(part().className).toBe('is-pulled');
    touch('pointerup', 200);
    expect(swiped).toEqual([part()]);
  });

  it('gives sideways movements back to the browser while the page is zoomed in on', () => {
    viewport.scale = 2;
    viewport.dispatchEvent(new Event('resize'));
    expect(scroller.className).toBe('is-zoomed');
    viewport.scale = 1;
    viewport.dispatchEvent(new Event('resize'));
    expect(scroller.className).toBe('');
  });

  it('gives them back on a page that was zoomed in on before, too', () => {
    viewport.scale = 2;
    end();
    end = onSwipe(scroller, 'p', (part) => swiped.push(part));
    expect(scroller.className).toBe('is-zoomed');
  });

  function touch(
    type: string,
    clientX: number,
    { clientY = 0, ...init }: Partial<PointerEventInit> = {},
    on = 'b',
  ): void {
    const event = new MouseEvent(type, { bubbles: true, cancelable: true, clientX, clientY });
    Object.assign(event, { pointerType: 'touch', isPrimary: true, pointerId: 1, ...init });
    scroller.querySelector(on)?.dispatchEvent(event);
  }
});
