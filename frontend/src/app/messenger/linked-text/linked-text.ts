import { DOCUMENT, Directive, ElementRef, effect, inject, input } from '@angular/core';
import { Router } from '@angular/router';
import { phoneNumberRules } from '../../phone-numbers/format-phone-number';
import { parsePhoneNumber } from '../../phone-numbers/parse-phone-number';
import { Link, findLinks } from './find-links';

/** Shows a text in which addresses and phone numbers can be pressed: a number opens the conversation with it. */
@Directive({ selector: '[appLinkedText]' })
export class LinkedText {
  readonly #document = inject(DOCUMENT);
  readonly #router = inject(Router);

  readonly appLinkedText = input.required<string>();

  constructor() {
    const element = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
    let shown: string | undefined;
    effect(() => {
      const parts = findLinks(this.appLinkedText(), parseNumber);
      // What is selected or translated stays as it is if nothing has changed.
      const now = JSON.stringify(parts);
      if (now === shown) return;
      shown = now;
      element.replaceChildren(
        ...parts.map(({ text, link }) => (link ? this.#toAnchor(text, link) : text)),
      );
    });
  }

  #toAnchor(text: string, link: Link): HTMLAnchorElement {
    const anchor = this.#document.createElement('a');
    anchor.textContent = text;
    // From left to right and apart from the text around it, whatever its script.
    anchor.dir = 'ltr';
    anchor.className = 'message-text__link';
    if (link.kind === 'address') {
      anchor.href = link.url;
      anchor.target = '_blank';
      anchor.rel = 'noopener noreferrer';
    } else {
      const conversation = `/messages/${encodeURIComponent(link.number)}`;
      anchor.href = conversation;
      anchor.addEventListener('click', (event) => {
        if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        void this.#router.navigateByUrl(conversation);
      });
    }
    return anchor;
  }
}

function parseNumber(text: string): string | undefined {
  const rules = phoneNumberRules();
  const number = rules && parsePhoneNumber(text, undefined, rules)?.number;
  return number !== undefined && rules?.parse(number)?.isValid ? number : undefined;
}
