import { takeSharedText } from './shared-text';

describe('takeSharedText', () => {
  /** The browser's caches, with texts that were shared at these times. */
  function stub(...shared: { at: number; text?: string }[]) {
    let exists = true;
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
      has: () => Promise.resolve(exists),
      open: () => Promise.resolve(cache),
      delete: () => {
        const existed = exists;
        exists = false;
        return Promise.resolve(existed);
      },
    });
  }

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('takes the text once', async () => {
    stub({ at: Date.now() });
    expect(await takeSharedText()).toBe('Look at this');
    expect(await takeSharedText()).toBeUndefined();
  });

  it('gives it to one of two tabs', async () => {
    stub({ at: Date.now() });
    const taken = await Promise.all([takeSharedText(), takeSharedText()]);
    expect(taken.filter(Boolean)).toEqual(['Look at this']);
  });

  it('drops what is more than ten minutes old', async () => {
    stub({ at: Date.now() - 11 * 60 * 1000 });
    expect(await takeSharedText()).toBeUndefined();
    expect(await caches.has('')).toBe(false);
  });

  it('takes all that were shared before the sign-in, except what is too old', async () => {
    const now = Date.now();
    stub(
      { at: now - 11 * 60 * 1000, text: 'Old' },
      { at: now - 1000, text: 'One' },
      { at: now - 500, text: '' },
      { at: now, text: 'Two' },
    );
    expect(await takeSharedText()).toBe('One\nTwo');
    expect(await takeSharedText()).toBeUndefined();
  });

  it('finds nothing where there are no caches', async () => {
    vi.stubGlobal('caches', undefined);
    expect(await takeSharedText()).toBeUndefined();
  });
});
