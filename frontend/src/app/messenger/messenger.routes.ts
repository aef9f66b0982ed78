import { Routes, UrlMatchResult, UrlSegment } from '@angular/router';
import { firstPageTexts } from '../i18n/first-page-texts';
import { MessengerPage } from './messenger-page';

export const messengerRoutes: Routes = [
  { matcher: conversationUrl, title: firstPageTexts.titles.messages, component: MessengerPage },
];

/** /messages, /messages/new and /messages/+14155552671 are one route, so that the page stays between them. */
function conversationUrl([peer, ...more]: UrlSegment[]): UrlMatchResult | null {
  if (more.length > 0) return null;
  return peer ? { consumed: [peer], posParams: { peer } } : { consumed: [] };
}
