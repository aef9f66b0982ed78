import { DOCUMENT, DestroyRef, inject } from '@angular/core';

/** A text, empty while its translation stands behind it. */
interface Translated {
  readonly text: Text;
  readonly original: string;
  readonly translation: Element;
}

/**
 * A browser that translates the page (as Chrome does) puts a `<font>` in the place of each text and takes the text's
 * node away. What a template says through that node is then never seen again. So each such node is put back, empty,
 * before its translation: once it says something else, that shows instead, to be translated in turn; where it goes, the
 * translation goes with it; and where the translation is taken back, it says again what it said.
 */
export function surviveTranslation(): void {
  const known = new WeakMap<Node, Translated>();
  /** Its text is emptied once all has been heard that had happened to it until now. */
  const fresh = new Set<Translated>();

  const keep = (text: Text, translation: Element): void => {
    const pair = { text, translation, original: text.data };
    known.set(text, pair).set(translation, pair);
    translation.before(text);
    fresh.add(pair);
  };
  const end = (pair: Translated): void => {
    const { text, translation } = pair;
    known.delete(text);
    known.delete(translation);
    fresh.delete(pair);
    translation.remove();
  };
  const hear = (node: Node, { addedNodes, previousSibling, nextSibling }: MutationRecord): void => {
    const pair = known.get(node);
    if (pair) {
      if (node.isConnected) return;
      if (node === pair.translation && pair.text.data === '') pair.text.data = pair.original;
      end(pair);
    } else if (node instanceof Text && !node.isConnected) {
      const translation = [...addedNodes, previousSibling, nextSibling].find(
        (place): place is Element =>
          place?.nodeName === 'FONT' && place.isConnected && !known.has(place),
      );
      if (translation) keep(node, translation);
    }
  };

  const observer = new MutationObserver((records) => {
    for (const record of records) {
      const pair = known.get(record.target);
      if (record.type === 'characterData' && pair) end(pair);
      for (const node of record.removedNodes) hear(node, record);
    }
    for (const pair of fresh) pair.text.data = '';
    fresh.clear();
    // What it does itself says nothing: each text that changes from now on is changed by a template.
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
