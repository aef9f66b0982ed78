import { HttpTestingController } from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';
import { vi } from 'vitest';
import { Message } from '../../api/models';
import { MessageSync } from '../../messages/message-sync';
import { FakeApi, aMessage, deleted, setUpMessages } from '../../messages/testing';
import { ContactNames } from '../../phone-numbers/contact-names';
import { SearchQuery } from './search-query';
import { SearchStore } from './search-store';

const EMPTY_PAGES = 10;

describe('SearchStore', () => {
  let api: FakeApi;
  let store: SearchStore;
  let box: SearchQuery;

  beforeEach(() => {
    api = setUpMessages(SearchQuery, SearchStore);
    box = TestBed.inject(SearchQuery);
    store = TestBed.inject(SearchStore);
  });

  afterEach(() => {
    api.end();
  });

  it('goes on after an empty page, from where the search has stopped', async () => {
    await search('ham eggs');
    await answer({ before: null }, [], 'm900');
    expect(store.isLoading()).toBe(true);
    await answer({ before: 'm900' }, [], 'm800');
    await answer({ before: 'm800' }, [aMessage({ content: 'Ham and eggs' })], 'm700');
    expect(store.messages()).toHaveLength(1);
    expect(store.isLoading()).toBe(false);
    expect(store.hasMore()).toBe(true);
    const loading = store.loadMore();
    await answer({ before: 'm700' }, [aMessage({ _id: 'm2', content: 'Eggs, ham' })]);
    await loading;
    expect(store.messages().map(({ _id }) => _id)).toEqual(['m1', 'm2']);
    expect(store.hasMore()).toBe(false);
  });

  it('lets the user decide after several empty pages', async () => {
    await search('ham eggs');
    await answer({ before: null }, [], 'm0');
    for (let page = 0; page < EMPTY_PAGES; page++) {
      await answer({ before: `m${page}` }, [], `m${page + 1}`);
    }
    api.expectNoCall();
    expect(store.isLoading()).toBe(false);
    expect(store.hasMore()).toBe(true);
    const loading = store.loadMore();
    await answer({ before: `m${EMPTY_PAGES}` }, [aMessage({ content: 'Ham, eggs' })]);
    await loading;
    expect(store.messages()).toHaveLength(1);
  });

  it('searches again after a long absence, since what it has found may be deleted', async () => {
    await search('ham eggs');
    await answer({ before: null }, [aMessage({ content: 'Ham and eggs' })]);
    store.forget();
    TestBed.tick();
    expect(store.isLoading()).toBe(true);
    await vi.advanceTimersByTimeAsync(250);
    await answer({ before: null }, []);
    expect(store.messages()).toEqual([]);
    expect(store.isLoading()).toBe(false);
  });

  it('finds senders that have a name in place of a number', async () => {
    api.start();
    await api.settle();
    await api.answerConversations([
      aMessage({ peer_number: 'MYBANK' }),
      aMessage({ _id: 'm2', peer_number: '+14155552671' }),
    ]);
    for (const [query, people] of [
      ['bank', ['MYBANK']],
      ['banks', []],
      ['  ', []],
      ['555', ['+14155552671']],
    ] as const) {
      box.type(query);
      expect(store.people()).toEqual(people);
    }
    box.type('');
  });

  it.each([
    ['groß', 'Groß'],
    ['κωσ', 'Κώστας'],
    ['yıldız', 'Yıldız'],
  ])('finds whom “%s” is the beginning of: %s', (query, name) => {
    TestBed.inject(ContactNames).replace(new Map([['+14155552671', name]]));
    box.type(query);
    expect(store.people()).toEqual(['+14155552671']);
    box.type('');
  });

  it('stops when the query changes', async () => {
    await search('ham eggs');
    await answer({ before: null }, [], 'm900');
    box.type('ham');
    TestBed.tick();
    TestBed.inject(HttpTestingController).match(() => true);
    await vi.advanceTimersByTimeAsync(1000);
    await answer({ search: 'ham', before: null }, [aMessage({ content: 'Ham' })]);
    expect(store.messages()).toHaveLength(1);
  });

  it('shows no deleted messages, also of a page that is being read', async () => {
    const [first, second, third] = ['m1', 'm2', 'm3'].map((_id) =>
      aMessage({ _id, content: 'Ham' }),
    );
    if (!first || !second || !third) throw new Error();
    await search('ham');
    TestBed.inject(MessageSync).applyChanges([deleted(first)]);
    await answer({ before: null }, [first, second], 'm2');
    expect(store.messages()).toEqual([second]);
    const loading = store.loadMore();
    TestBed.inject(MessageSync).applyChanges([deleted(second)]);
    expect(store.messages()).toEqual([]);
    await answer({ before: 'm2' }, [third]);
    await loading;
    expect(store.messages()).toEqual([third]);
  });

  async function search(query: string): Promise<void> {
    box.type(query);
    TestBed.tick();
    await vi.advanceTimersByTimeAsync(1000);
  }

  /** Answers the request with these parameters. `next`: the message at which the search has stopped. */
  async function answer(
    expected: Readonly<Record<string, string | null>>,
    rows: Message[],
    next?: string,
  ): Promise<void> {
    const request = TestBed.inject(HttpTestingController).expectOne(({ params }) =>
      params.has('search'),
    );
    for (const [name, value] of Object.entries(expected)) {
      expect(request.request.params.get(name)).toBe(value);
    }
    const link = `</api/messages?search=x&before=${next ?? ''}>; rel="next"`;
    request.flush(rows, { headers: next === undefined ? {} : { Link: link } });
    await api.settle();
  }
});
