import { existsSync } from 'node:fs';
import { defineConfig, devices } from '@playwright/test';

const chromium = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path && existsSync(path));

export default defineConfig({
  testDir: 'e2e',
  globalSetup: './e2e/start-product.ts',
  fullyParallel: true,
  workers: 2,
  timeout: 90_000,
  snapshotPathTemplate: '{testDir}/pictures/{arg}{ext}',
  // A change of status is shown with the next poll.
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    ...devices['Desktop Chrome'],
    viewport: { width: 1280, height: 800 },
    // It would answer what the tests answer in place of the server. installable.spec.ts tests it.
    serviceWorkers: 'block',
    trace: 'retain-on-failure',
    launchOptions: {
      ...(chromium && { executablePath: chromium }),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
