import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  afterNextRender,
  output,
  viewChild,
} from '@angular/core';
import { helpTexts } from '../i18n/help-texts';
import { HelpContents } from '../ui/help/help-contents';
import { Icon } from '../ui/icon';

@Component({
  selector: 'app-help-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [HelpContents, Icon],
  templateUrl: './help-dialog.html',
})
export class HelpDialog {
  readonly closed = output();

  protected readonly dialog = viewChild.required<ElementRef<HTMLDialogElement>>('element');

  protected readonly texts = helpTexts;

  constructor() {
    afterNextRender(() => {
      this.dialog().nativeElement.showModal();
    });
  }
}
