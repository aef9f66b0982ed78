import { takeSharedTexts } from './shared-text';

describe('takeSharedTexts', () => {
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
    const open = vi.fn(() => Promise.resolve(cache));
    vi.stubGlobal('caches', { has: () => Promise.resolve(texts.size > 0), open });
    let last = Promise.resolve();
    const request = (_name: string, _options: LockOptions, work: () => Promise<void>) =>
      (last = last.then(work));
    vi.stubGlobal('navigator', { locks: { request } });
    return open;
  }

  let added: string[];
  const take = () =>
    takeSharedTexts((text) => {
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
    await takeSharedTexts((text) => {
      expect(texts.size).toBe(1);
      added.push(text);
    });
    expect(added).toEqual(['Look at this']);
    expect(texts.size).toBe(0);
  });

  it('leaves what is shared meanwhile to the next', async () => {
    stub({ at: Date.now() });
    await takeSharedTexts((text) => {
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
    expect(added).toEqual(['One', 'Two']);
  });

  it('keeps what could not be added, and says so', async () => {
    stub({ at: Date.now() - 1, text: 'One' }, { at: Date.now(), text: 'Two' });
    const add = vi.fn((text: string) => {
      if (text === 'Two') throw new Error('No room');
    });
    await expect(takeSharedTexts(add)).rejects.toThrow('No room');
    expect([...texts.values()]).toEqual(['Two']);
  });

  it('makes no cache where nothing was shared', async () => {
    const open = stub();
    await take();
    expect(added).toEqual([]);
    expect(open).not.toHaveBeenCalled();
  });

  it.each([
    ['absent', undefined],
    ['blocked', { has: () => Promise.reject(new DOMException('Denied', 'SecurityError')) }],
  ])('finds nothing where caches are %s', async (_, caches) => {
    stub({ at: Date.now() });
    vi.stubGlobal('caches', caches);
    await take();
    expect(added).toEqual([]);
  });
});
