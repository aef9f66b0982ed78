import { Routes } from '@angular/router';
import { contactsPageTexts } from '../../i18n/contacts-page-texts';
import { firstPageTexts } from '../../i18n/first-page-texts';
import { withStylesheet } from '../../ui/stylesheet';
import { ContactsPage } from './contacts-page';

export const contactsRoutes: Routes = [
  {
    path: '',
    component: ContactsPage,
    title: firstPageTexts.titleOf(contactsPageTexts.title),
    children: [
      { path: '', pathMatch: 'full', children: [] },
      {
        path: 'new',
        title: firstPageTexts.titleOf(contactsPageTexts.add.title),
        loadComponent: () => import('./new-contact').then((file) => file.NewContact),
      },
      {
        path: 'import',
        title: firstPageTexts.titleOf(contactsPageTexts.import.title),
        loadComponent: () => import('./contact-import').then((file) => file.ContactImport),
      },
      {
        path: ':number',
        loadComponent: () =>
          withStylesheet(
            import('./contact-page').then((file) => file.ContactPage),
            'contact',
          ),
      },
    ],
  },
];
