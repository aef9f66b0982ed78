import { SheriffConfig } from '@softarc/sheriff-core';

const CORE = ['api', 'i18n', 'phone-numbers', 'session', 'storage', 'ui'];

/** Features import domains, domains import the core, and never the other way round or sideways to another feature. */
export const config: SheriffConfig = {
  entryFile: './src/main.ts',
  enableBarrelLess: true,
  modules: {
    'src/app': {
      api: 'api',
      i18n: 'i18n',
      'phone-numbers': 'phone-numbers',
      session: 'session',
      'service-worker': 'service-worker',
      storage: 'storage',
      ui: 'ui',
      layout: 'layout',
      contacts: 'domain:contacts',
      events: 'domain:events',
      messages: 'domain:messages',
      account: 'feature:account',
      messenger: 'feature:messenger',
      'message-log': 'feature:message-log',
      'not-found': 'feature:not-found',
    },
  },
  depRules: {
    root: ['*'],
    i18n: [],
    storage: [],
    api: ['i18n'],
    'phone-numbers': ['i18n'],
    ui: ['i18n', 'phone-numbers', 'storage'],
    session: ['api', 'i18n', 'storage', 'ui'],
    'service-worker': [],
    layout: [...CORE, 'service-worker'],
    'domain:*': CORE,
    'feature:*': [...CORE, 'domain:*'],
  },
};
