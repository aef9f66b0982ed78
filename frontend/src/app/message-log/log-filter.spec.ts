import { convertToParamMap } from '@angular/router';
import { aMessage } from '../messages/testing';
import { NO_FILTER, fromAddress, isFiltered, isMatch, toAddress, toParameters } from './log-filter';

const NOW = new Date(2026, 10, 26, 15, 30);

describe('the filter of the log', () => {
  it('survives the address', () => {
    const filter = {
      search: 'table',
      period: 'dates',
      from: '2026-11-01',
      to: '2026-11-02',
      status: 'failed',
      direction: 'outbound',
      number: '+14155552671',
      code: '30003',
    } as const;
    expect(fromAddress(convertToParamMap(toAddress(filter)))).toEqual(filter);
    expect(toAddress(NO_FILTER)).toEqual({});
    expect(isFiltered(NO_FILTER)).toBe(false);
    expect(isFiltered(filter)).toBe(true);
  });

  it('ignores what is not known', () => {
    const strange = { period: 'ever', status: 'toString', direction: 'up', from: '2026-11-01' };
    expect(fromAddress(convertToParamMap(strange))).toEqual(NO_FILTER);
    const days = { period: 'dates', from: 'yesterday', to: '1' };
    expect(fromAddress(convertToParamMap(days))).toEqual({ ...NO_FILTER, period: 'dates' });
  });

  it('asks the API for whole days of this time zone, and for each status of a group', () => {
    expect(toParameters(NO_FILTER, NOW)).toEqual({});
    expect(toParameters({ ...NO_FILTER, period: 'week', status: 'failed' }, NOW)).toEqual({
      created_from: new Date(2026, 10, 20).toISOString(),
      status: ['failed', 'undelivered'],
    });
    const dates = { ...NO_FILTER, period: 'dates', from: '2026-11-30', to: '2026-11-30' } as const;
    expect(toParameters(dates, NOW)).toEqual({
      created_from: new Date(2026, 10, 30).toISOString(),
      created_before: new Date(2026, 11, 1).toISOString(),
    });
  });

  it('knows which new messages match, unless only the API can compare', () => {
    const message = aMessage({
      status: 'failed',
      error_code: 21211,
      created_at: NOW.toISOString(),
    });
    const matches = (filter: Partial<typeof NO_FILTER>): boolean =>
      isMatch({ ...NO_FILTER, ...filter }, message, NOW);
    expect(matches({})).toBe(true);
    expect(matches({ status: 'failed', code: '21211', direction: 'outbound' })).toBe(true);
    expect(matches({ status: 'sent' })).toBe(false);
    expect(matches({ code: '30003' })).toBe(false);
    expect(matches({ direction: 'inbound' })).toBe(false);
    expect(matches({ period: 'today' })).toBe(true);
    expect(matches({ period: 'dates', to: '2026-11-25' })).toBe(false);
    expect(matches({ search: message.content })).toBe(false);
  });
});
