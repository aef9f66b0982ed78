import { Routes } from '@angular/router';
import { firstPageTexts } from '../../i18n/first-page-texts';
import { ForgotPasswordPage } from './forgot-password-page';
import { ResetPasswordPage } from './reset-password-page';

const { titles } = firstPageTexts;

export const passwordResetRoutes: Routes = [
  { path: 'forgot-password', title: titles.forgotPassword, component: ForgotPasswordPage },
  { path: 'reset-password', title: titles.resetPassword, component: ResetPasswordPage },
];
