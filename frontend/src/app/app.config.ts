import { APP_BASE_HREF } from '@angular/common';
import { provideHttpClient, withFetch, withInterceptors } from '@angular/common/http';
import {
  ApplicationConfig,
  inject,
  provideAppInitializer,
  provideBrowserGlobalErrorListeners,
  provideZonelessChangeDetection,
} from '@angular/core';
import {
  UrlSerializer,
  provideRouter,
  withComponentInputBinding,
  withDisabledInitialNavigation,
  withPreloading,
  withRouterConfig,
} from '@angular/router';
import { preloadSignedIn, routes } from './app.routes';
import { PlainPathSerializer } from './plain-path-serializer';
import { IdlePreloading } from './idle-preloading';
import { SessionStore } from './session/session-store';
import { tokenInterceptor } from './session/token-interceptor';
import { nextTask } from './ui/next-task';

export const appConfig: ApplicationConfig = {
  providers: [
    provideBrowserGlobalErrorListeners(),
    provideZonelessChangeDetection(),
    // Instead of a <base> element, which the content security policy forbids.
    { provide: APP_BASE_HREF, useValue: '/' },
    provideRouter(
      routes,
      withComponentInputBinding(),
      // main.ts begins it.
      withDisabledInitialNavigation(),
      withPreloading(IdlePreloading),
      // The address of a page that could not be loaded stays, so that a reload opens it.
      withRouterConfig({ canceledNavigationResolution: 'computed' }),
    ),
    { provide: UrlSerializer, useClass: PlainPathSerializer },
    provideHttpClient(withFetch(), withInterceptors([tokenInterceptor])),
    provideAppInitializer(() => {
      const session = inject(SessionStore);
      session.start();
      if (session.user()) preloadSignedIn();
      return nextTask();
    }),
  ],
};
