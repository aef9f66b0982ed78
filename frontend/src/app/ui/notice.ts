import { ChangeDetectionStrategy, Component } from '@angular/core';
import { Icon } from './icon';

/** Something went wrong. Screen readers read it out at once. */
@Component({
  selector: 'app-notice',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Icon],
  template: `
    <app-icon name="warning" />
    <div><ng-content /></div>
  `,
  host: { class: 'notice', role: 'alert' },
})
export class Notice {}
