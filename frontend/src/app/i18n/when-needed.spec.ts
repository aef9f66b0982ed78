import { whenNeeded } from './when-needed';

describe('What is made when needed', () => {
  it('is not made before, and once only', () => {
    const make = vi.fn(() => ({}));
    const get = whenNeeded(make);
    expect(make).not.toHaveBeenCalled();
    const first = get();
    expect(get()).toBe(first);
    expect(make).toHaveBeenCalledOnce();
  });
});
