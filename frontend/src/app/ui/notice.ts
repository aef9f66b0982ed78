import { ChangeDetectionStrategy, Component } from '@angular/core';
import { Icon } from './icon';

/** Something went wrong, said at once to everybody. */
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
