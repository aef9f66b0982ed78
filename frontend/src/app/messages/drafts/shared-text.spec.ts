import { takeSharedText } from './shared-text';

describe('takeSharedText', () => {
  /** The browser's caches, with texts that were shared at these times, and its locks. */
  function stub(...shared: { at: number; text?: string }[]) {
    const texts = new Map(
      shared.map(({ at, text = 'Look at this' }) => [
        { url: `https://example.com/share?at=${at}` },
        text,
      ]),
    );
    const cache = {
      keys: () => Promise.resolve([...texts.keys()]),
      match: (request: { url: string }) =>
        Promise.resolve({ text: () => Promise.resolve(texts.get(request)) }),
    };
    vi.stubGlobal('caches', {
      open: () => Promise.resolve(cache),
      delete: () => {
        left.push(texts.size);
        texts.clear();
        return Promise.resolve(true);
      },
    });
    let last = Promise.resolve();
    const request = (_: string, work: () => Promise<void>) => (last = last.then(work));
    vi.stubGlobal('navigator', { locks: { request } });
  }

  let added: string[];
  /** How many there were whenever the cache was deleted. */
  let left: number[];
  const take = () =>
    takeSharedText((text) => {
      added.push(text);
    });

  beforeEach(() => {
    added = [];
    left = [];
  });

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('takes the text once', async () => {
    stub({ at: Date.now() });
    await take();
    await take();
    expect(added).toEqual(['Look at this']);
  });

  it('has added it before it is gone', async () => {
    stub({ at: Date.now() });
    await takeSharedText(() => {
      expect(left).toEqual([]);
      added.push('Added');
    });
    expect(added).toEqual(['Added']);
    expect(left).toEqual([1]);
  });

  it('gives it to one of two tabs', async () => {
    stub({ at: Date.now() });
    await Promise.all([take(), take()]);
    expect(added).toEqual(['Look at this']);
  });

  it('drops what is more than ten minutes old', async () => {
    stub({ at: Date.now() - 11 * 60 * 1000 });
    await take();
    expect(added).toEqual([]);
    expect(left).toEqual([1]);
  });

  it('takes all that were shared before the sign-in, except what is too old', async () => {
    const now = Date.now();
    stub(
      { at: now - 11 * 60 * 1000, text: 'Old' },
      { at: now - 1000, text: 'One' },
      { at: now - 500, text: '' },
      { at: now, text: 'Two' },
    );
    await take();
    await take();
    expect(added).toEqual(['One\nTwo']);
  });

  it('finds nothing where there are no caches', async () => {
    vi.stubGlobal('caches', undefined);
    await take();
    expect(added).toEqual([]);
  });
});
