import { takeSharedText } from './shared-text';

describe('takeSharedText', () => {
  /** The browser's caches, with a text that was shared at this time. */
  function stub(sharedAt: number, text = 'Look at this') {
    let exists = true;
    const request = { url: `https://example.com/share?at=${sharedAt}` };
    const cache = {
      keys: () => Promise.resolve([request]),
      match: () => Promise.resolve({ text: () => Promise.resolve(text) }),
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
    stub(Date.now());
    expect(await takeSharedText()).toBe('Look at this');
    expect(await takeSharedText()).toBeUndefined();
  });

  it('gives it to one of two tabs', async () => {
    stub(Date.now());
    const taken = await Promise.all([takeSharedText(), takeSharedText()]);
    expect(taken.filter(Boolean)).toEqual(['Look at this']);
  });

  it('drops what is more than ten minutes old', async () => {
    stub(Date.now() - 11 * 60 * 1000);
    expect(await takeSharedText()).toBeUndefined();
    expect(await caches.has('')).toBe(false);
  });

  it('finds nothing where there are no caches', async () => {
    vi.stubGlobal('caches', undefined);
    expect(await takeSharedText()).toBeUndefined();
  });
});
