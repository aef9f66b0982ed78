import { Routes } from '@angular/router';
import { firstPageTexts } from '../i18n/first-page-texts';
import { AccountPage } from './account-page';

export const accountRoutes: Routes = [
  { path: '', title: firstPageTexts.titles.account, component: AccountPage },
];
