import { TestBed } from '@angular/core/testing';
import { StatusNews } from './status-announcer';
import { aMessage } from './testing';

const delivered = aMessage({ status: 'delivered' });

describe('StatusNews', () => {
  let news: StatusNews;

  beforeEach(() => {
    TestBed.configureTestingModule({ providers: [StatusNews] });
    news = TestBed.inject(StatusNews);
  });

  it('says the same words a second time as something new', () => {
    news.tell([delivered]);
    const [first] = news.announcements();
    news.tell([delivered]);
    const second = news.announcements().at(-1);
    expect(second?.text).toBe(first?.text);
    expect(second?.id).not.toBe(first?.id);
  });

  it('loses none of those that come at once, and keeps only the last', () => {
    for (const status of ['sent', 'delivered', 'read', 'failed']) news.tell([aMessage({ status })]);
    expect(news.announcements().map(({ text }) => text.split(' ').at(-1))).toEqual([
      'delivered.',
      'read.',
      'sent.',
    ]);
  });

  it('does not speak of what is on its way', () => {
    news.tell([aMessage({ status: 'queued' })]);
    expect(news.announcements()).toEqual([]);
  });
});
