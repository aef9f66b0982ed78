import { SheriffConfig } from '@softarc/sheriff-core';

/** Who may import whom. `texts` holds what people read, and everybody may speak. */
export const config: SheriffConfig = {
  entryFile: './src/main.ts',
  enableBarrelLess: true,
  modules: {
    'src/app': {
      texts: 'texts',
      storage: 'storage',
      api: 'api',
      ui: 'ui',
      session: 'session',
      shell: 'shell',
      account: 'feature:account',
      messaging: 'feature:messaging',
      'phone-numbers': 'phone-numbers',
    },
  },
  depRules: {
    root: ['*'],
    texts: [],
    storage: [],
    api: ['texts'],
    ui: ['phone-numbers', 'storage', 'texts'],
    session: ['api', 'storage', 'texts'],
    shell: ['session', 'api', 'ui', 'texts'],
    'phone-numbers': ['texts'],
    'feature:*': ['phone-numbers', 'session', 'api', 'ui', 'texts'],
  },
};
