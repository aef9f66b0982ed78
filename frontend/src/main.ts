import { bootstrapApplication } from '@angular/platform-browser';
import { Router } from '@angular/router';
import { appConfig } from './app/app.config';
import { App } from './app/app';
import { nextTask } from './app/ui/next-task';

void start();

/** In pieces, each of which takes a slow phone a while. */
async function start(): Promise<void> {
  await nextTask();
  const { injector } = await bootstrapApplication(App, appConfig);
  await nextTask();
  injector.get(Router).initialNavigation();
}
