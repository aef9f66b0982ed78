import { Routes } from '@angular/router';
import { firstPageTexts } from '../../i18n/first-page-texts';
import { SignInPage } from './sign-in-page';
import { SignUpPage } from './sign-up-page';

const { titles } = firstPageTexts;

export const signInRoutes: Routes = [
  { path: 'sign-in', title: titles.signIn, component: SignInPage },
  { path: 'sign-up', title: titles.signUp, component: SignUpPage },
];
