import { DOCUMENT, DestroyRef, inject } from '@angular/core';

/** A text node, empty while its translation is shown after it. */
interface Translated {
  readonly text: Text;
  readonly original: string;
  readonly translation: Element;
}

/**
 * A browser that translates the page (such as Chrome) replaces each text node by a `<font>` element. Later updates of the
 * removed node by a template would never be seen. So each such node is put back, empty, in front of its translation. When
 * its text changes, the new text replaces the translation and is translated in turn; when it is removed, the translation
 * goes with it; when the translation is undone, its text is restored.
 */
export function supportBrowserTranslation(): void {
  const known = new WeakMap<Node, Translated>();
  /** Emptied once all records of the past mutations are processed. */
  const added = new Set<Translated>();

  const keep = (text: Text, translation: Element): void => {
    const pair = { text, translation, original: text.data };
    known.set(text, pair).set(translation, pair);
    translation.before(text);
    added.add(pair);
  };
  const end = (pair: Translated): void => {
    const { text, translation } = pair;
    known.delete(text);
    known.delete(translation);
    added.delete(pair);
    translation.remove();
  };
  const process = (
    node: Node,
    { addedNodes, previousSibling, nextSibling }: MutationRecord,
  ): void => {
    const pair = known.get(node);
    if (pair) {
      if (node.isConnected) return;
      if (node === pair.translation && pair.text.data === '') pair.text.data = pair.original;
      end(pair);
    } else if (node instanceof Text && !node.isConnected) {
      const translation = [...addedNodes, previousSibling, nextSibling].find(
        (node): node is Element =>
          node?.nodeName === 'FONT' && node.isConnected && !known.has(node),
      );
      if (translation) keep(node, translation);
    }
  };

  const observer = new MutationObserver((records) => {
    for (const record of records) {
      const pair = known.get(record.target);
      if (record.type === 'characterData' && pair) end(pair);
      for (const node of record.removedNodes) process(node, record);
    }
    for (const pair of added) pair.text.data = '';
    added.clear();
    // Its own changes are not observed: every text that changes from now on is changed by a template.
    observer.takeRecords();
  });
  observer.observe(inject(DOCUMENT).body, {
    childList: true,
    characterData: true,
    subtree: true,
  });
  inject(DestroyRef).onDestroy(() => {
    observer.disconnect();
  });
}
