import { Routes } from '@angular/router';
import { firstPageTexts } from '../i18n/first-page-texts';
import { AccountPage } from './account-page';
import { unsavedCodesGuard } from './second-factor/unsaved-codes';

export const accountRoutes: Routes = [
  {
    path: '',
    title: firstPageTexts.titles.account,
    component: AccountPage,
    canDeactivate: [unsavedCodesGuard],
  },
];
