import base from '../../playwright.config';

/** What takes long and asserts no times: apart from the tests. */
export default {
  ...base,
  testDir: '.',
  testMatch: '*.bench.ts',
  globalSetup: '../start-product.ts',
  workers: 1,
  timeout: 300_000,
  // A trace of each step would be most of what is measured.
  use: { ...base.use, trace: 'off' as const },
};
