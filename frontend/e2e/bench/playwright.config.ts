import base from '../../playwright.config';

/** Benchmarks, separate from the tests: they take long, and need a machine that does nothing else. */
export default {
  ...base,
  testDir: '.',
  testMatch: '*.bench.ts',
  globalSetup: '../start-product.ts',
  workers: 1,
  timeout: 300_000,
  // Tracing each step would be most of what is measured.
  use: { ...base.use, trace: 'off' as const },
};
