import { CDPSession, Page } from '@playwright/test';
import type { Message } from '../../src/app/api/models';
import { composer, enter, expect, newPerson, test } from '../fixtures';
import { loadThread, rest } from './load-thread';

const FEW = { number: '+13275550050', count: 50, loaded: 50 };
/** About as many as are held in memory at most. */
const MANY = { number: '+13275555000', count: 5_000, loaded: 450 };
const ROUNDS = 9;
const SCROLL_STEPS = 6;
const UNHURRIED = '+15005551002';

/** The work of the page's main thread, in milliseconds. */
const PARTS = ['TaskDuration', 'ScriptDuration', 'RecalcStyleDuration', 'LayoutDuration'] as const;
type Cost = Readonly<Record<(typeof PARTS)[number], number>>;

test('450 loaded messages of 5,000 beside a conversation of 50', async ({
  page,
  request,
  baseURL,
}) => {
  const person = await newPerson(request, baseURL);
  await person.write(UNHURRIED, 'The original');
  await enter(page, person);
  const costs: Record<string, Cost>[] = [];
  for (const thread of [FEW, MANY]) {
    await loadThread(page, 'The original', thread);
    costs.push(await measure(page, await newestOf(page, thread.number)));
  }
  print(costs[0] ?? {}, costs[1] ?? {});
});

async function measure(page: Page, newest: Message): Promise<Record<string, Cost>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const median = async (act: (round: number) => Promise<unknown>): Promise<Cost> => {
    const costs: Cost[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await rest(page);
      const before = await read(session);
      await act(round);
      await rest(page);
      const after = await read(session);
      costs.push(each((part) => after[part] - before[part]));
    }
    return each((part) => middle(costs.map((cost) => cost[part])));
  };

  await composer(page).focus();
  const typing = await median(() => page.keyboard.press('a'));
  const idle = await median(() => poll(page));
  const changed = await median((round) =>
    poll(page, { ...newest, status: round % 2 ? 'sent' : 'delivered', ...now() }),
  );
  const count = await page.locator('app-message-bubble').count();
  const arriving = await median((round) => {
    const at = now();
    const _id = `${'f'.repeat(22)}${10 + round}`;
    return poll(page, { ...newest, ...at, _id, created_at: at.updated_at });
  });
  await expect(page.locator('app-message-bubble')).toHaveCount(count + ROUNDS);
  await expect(page.locator('app-message-bubble').last()).toBeInViewport();
  await page.getByRole('log').hover();
  const scrolling = await median(async (round) => {
    for (let step = 0; step < SCROLL_STEPS; step++) {
      await page.mouse.wheel(0, round % 2 ? 400 : -400);
      await rest(page);
    }
  });
  return {
    'a character is typed': typing,
    'a poll finds nothing new': idle,
    'a poll finds one change': changed,
    'a poll finds a new message': arriving,
    'a step of 400 px is scrolled': each((part) => scrolling[part] / SCROLL_STEPS),
  };
}

/** One poll: with the API's own response, or with this message changed. */
async function poll(page: Page, change?: Message): Promise<void> {
  const changes = /\/api\/messages\/changes\?/;
  if (change) {
    await page.route(changes, (route) =>
      route.fulfill({ json: [change], headers: { 'X-Total-Count': '5000' } }),
    );
  }
  const answered = page.waitForResponse(changes);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await answered;
  // The response is rendered a little later.
  await rest(page);
  if (change) await page.unroute(changes);
}

async function newestOf(page: Page, number: string): Promise<Message> {
  const look = page.waitForRequest(/\/api\/messages\/changes\?/);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  const { authorization = '' } = await (await look).allHeaders();
  const params = { peer_number: number, limit: 1 };
  const answer = await page.request.get('/api/messages', { headers: { authorization }, params });
  const [newest] = (await answer.json()) as [Message];
  return newest;
}

async function read(session: CDPSession): Promise<Cost> {
  const { metrics } = await session.send('Performance.getMetrics');
  return each((part) => 1000 * (metrics.find(({ name }) => name === part)?.value ?? 0));
}

function each(figure: (part: (typeof PARTS)[number]) => number): Cost {
  return Object.fromEntries(PARTS.map((part) => [part, figure(part)])) as Cost;
}

function middle(figures: readonly number[]): number {
  return [...figures].sort((one, other) => one - other)[Math.floor(figures.length / 2)] ?? 0;
}

function now(): { updated_at: string } {
  return { updated_at: new Date().toISOString() };
}

function print(few: Record<string, Cost>, many: Record<string, Cost>): void {
  const rows = Object.entries(few).map(([name, cost]) => {
    const other = many[name];
    const [all, allOther] = [cost.TaskDuration, other?.TaskDuration ?? 0];
    const parts = PARTS.slice(1).map(
      (part) => `${cost[part].toFixed(1)} → ${other?.[part].toFixed(1) ?? ''}`,
    );
    const ratio = (allOther / all).toFixed(1);
    return [name, all.toFixed(1), allOther.toFixed(1), ratio, ...parts];
  });
  const table = [
    ['main thread, ms', '50', '450 of 5,000', 'ratio', 'script', 'style', 'layout'],
    ...rows,
  ];
  for (const [name = '', ...figures] of table) {
    console.log(name.padEnd(30), ...figures.map((figure) => figure.padStart(14)));
  }
}
