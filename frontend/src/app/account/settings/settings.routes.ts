import { Routes, UrlMatchResult, UrlSegment } from '@angular/router';
import { firstPageTexts } from '../../i18n/first-page-texts';
import { settingsTexts } from '../../i18n/settings-texts';
import { NARROW } from '../../ui/media-query';
import { withStylesheet } from '../../ui/stylesheet';
import { unsavedCodesGuard } from '../second-factor/unsaved-codes';
import { AccountSettings } from './account-settings';
import { NotificationsSettings } from './notifications-settings';
import { SecuritySettings } from './security-settings';
import { SettingsPage } from './settings-page';

/** Where there is room beside the places. */
function besidePlaces(segments: UrlSegment[]): UrlMatchResult | null {
  return segments.length === 0 && !matchMedia(NARROW).matches ? { consumed: [] } : null;
}

const titleOf = (page: { readonly title: string }) => firstPageTexts.titleOf(page.title);

export const settingsRoutes: Routes = [
  {
    path: '',
    component: SettingsPage,
    title: titleOf(settingsTexts),
    children: [
      { matcher: besidePlaces, redirectTo: '/settings/account' },
      { path: '', pathMatch: 'full', children: [] },
      { path: 'account', title: titleOf(settingsTexts.account), component: AccountSettings },
      {
        path: 'security',
        title: titleOf(settingsTexts.security),
        component: SecuritySettings,
        canDeactivate: [unsavedCodesGuard],
      },
      {
        path: 'notifications',
        title: titleOf(settingsTexts.notifications),
        component: NotificationsSettings,
      },
      {
        path: 'help',
        title: titleOf(settingsTexts.help),
        loadComponent: () =>
          withStylesheet(
            import('./help-settings').then((file) => file.HelpSettings),
            'help',
          ),
      },
    ],
  },
];
