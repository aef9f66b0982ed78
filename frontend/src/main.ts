import { bootstrapApplication } from '@angular/platform-browser';
import { appConfig } from './app/app.config';
import { App } from './app/app';
import { nextTask } from './app/ui/next-task';

void nextTask().then(() => bootstrapApplication(App, appConfig));
