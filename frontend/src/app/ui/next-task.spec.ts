import { nextTask } from './next-task';

describe('The next task', () => {
  it('comes after what was already waiting, however much of it there is', async () => {
    const order: string[] = [];
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      order.push('waiting');
      port1.close();
    };
    port2.postMessage(undefined);
    const next = nextTask().then(() => order.push('next'));
    await Promise.resolve().then(() => order.push('same task'));
    await next;
    expect(order).toEqual(['same task', 'waiting', 'next']);
  });
});
