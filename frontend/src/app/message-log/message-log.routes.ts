import { Routes } from '@angular/router';
import { firstPageTexts } from '../i18n/first-page-texts';
import { logTexts } from '../i18n/log-texts';
import { MessageLogPage } from './message-log-page';

export const messageLogRoutes: Routes = [
  { path: '', title: firstPageTexts.titleOf(logTexts.title), component: MessageLogPage },
];
