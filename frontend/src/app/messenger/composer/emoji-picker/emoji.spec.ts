import { EmojiGroup, findEmoji, loadEmoji } from './emoji';

const FILE = [
  [
    'people',
    [
      ['👎', 'thumbs down', 'cloudy dislike no'],
      ['👍️', 'thumbs up', 'like yes'],
      ['👏', 'clapping hands', 'applause like'],
    ],
  ],
  ['flags', [['🇨🇭', 'flag: Switzerland', 'ch']]],
];

describe('emoji', () => {
  const fetched = vi.fn<() => Promise<Response>>();
  let groups: readonly EmojiGroup[];

  beforeAll(async () => {
    vi.stubGlobal('fetch', fetched);
    fetched.mockResolvedValueOnce(new Response('No', { status: 503 }));
    await expect(loadEmoji()).rejects.toThrow('/emoji/en.json could not be loaded');
    fetched.mockResolvedValueOnce(Response.json(FILE));
    groups = await loadEmoji();
  });

  afterAll(() => {
    vi.unstubAllGlobals();
  });

  it('are loaded once, and again only after a failure', async () => {
    expect(fetched).toHaveBeenCalledTimes(2);
    expect(await loadEmoji()).toBe(groups);
    expect(fetched).toHaveBeenCalledTimes(2);
    expect(groups.map(({ name, emoji }) => [name, emoji.length])).toEqual([
      ['people', 3],
      ['flags', 1],
    ]);
  });

  it.each([
    ['thumbs', ['👎', '👍️']],
    ['UP thu', ['👍️']],
    ['yes', ['👍️']],
    ['swi', ['🇨🇭']],
    ['flag: switz', ['🇨🇭']],
    ['umbs', []],
    ['thumbs yes no', []],
    [' : ', []],
  ])('are found by the beginnings of words: %s', (query, found) => {
    expect(charactersOf(query)).toEqual(found);
  });

  it('with that name come first', () => {
    expect(charactersOf('cl')).toEqual(['👏', '👎']);
  });

  const charactersOf = (query: string) =>
    findEmoji(groups, query).map(({ characters }) => characters);
});
