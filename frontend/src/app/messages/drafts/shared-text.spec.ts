import { takeSharedText } from './shared-text';

describe('takeSharedText', () => {
  let texts: Map<{ url: string }, string>;

  function share({ at, text = 'Look at this' }: { at: number; text?: string }) {
    texts.set({ url: `https://example.com/share?at=${at}` }, text);
  }

  /** The browser's cache, with texts that were shared at these times, and its locks. */
  function stub(...shared: { at: number; text?: string }[]) {
    texts = new Map();
    shared.forEach(share);
    const cache = {
      keys: () => Promise.resolve([...texts.keys()]),
      match: (request: { url: string }) =>
        Promise.resolve({ text: () => Promise.resolve(texts.get(request)) }),
      delete: (request: { url: string }) => Promise.resolve(texts.delete(request)),
    };
    vi.stubGlobal('caches', { open: () => Promise.resolve(cache) });
    let last = Promise.resolve();
    const request = (_: string, work: () => Promise<void>) => (last = last.then(work));
    vi.stubGlobal('navigator', { locks: { request } });
  }

  let added: string[];
  const take = () =>
    takeSharedText((text) => {
      added.push(text);
    });

  beforeEach(() => {
    added = [];
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
    await takeSharedText((text) => {
      expect(texts.size).toBe(1);
      added.push(text);
    });
    expect(added).toEqual(['Look at this']);
    expect(texts.size).toBe(0);
  });

  it('leaves what is shared meanwhile to the next', async () => {
    stub({ at: Date.now() });
    await takeSharedText((text) => {
      added.push(text);
      share({ at: Date.now() + 1, text: 'And at that' });
    });
    await take();
    expect(added).toEqual(['Look at this', 'And at that']);
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
    expect(texts.size).toBe(0);
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
