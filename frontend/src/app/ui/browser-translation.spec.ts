import { ChangeDetectionStrategy, Component, signal } from '@angular/core';
import { ComponentFixture, TestBed } from '@angular/core/testing';
import { supportBrowserTranslation } from './browser-translation';

@Component({
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <p>{{ status() }} at {{ time() }}</p>
    @if (isWaiting()) {
      waiting
    }
    @for (word of words(); track word) {
      {{ word }}
    }
    <b>{{ note() }}</b>
  `,
})
class Page {
  readonly status = signal('queued');
  readonly time = signal('10:39');
  readonly isWaiting = signal(true);
  readonly note = signal('');
  readonly words = signal(['one', 'two']);

  constructor() {
    supportBrowserTranslation();
  }
}

type Way = (text: Text, font: Element) => void;

const WAYS: Readonly<Record<string, Way>> = {
  replaced: (text, font) => {
    text.replaceWith(font);
  },
  'put before, then removed': (text, font) => {
    text.before(font);
    text.remove();
  },
  'put behind, then removed': (text, font) => {
    text.after(font);
    text.remove();
  },
};

/** In capitals, to be told from what it translates. Answers how to take it back. */
function translate(root: Element, way: Way): () => void {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found: Text[] = [];
  while (texts.nextNode()) found.push(texts.currentNode as Text);
  const undo = found
    .filter(({ data }) => data.trim() !== '')
    .map((text) => {
      const font = document.createElement('FONT');
      const inner = document.createElement('FONT');
      inner.textContent = text.data.toUpperCase();
      font.append(inner);
      way(text, font);
      return () => {
        if (font.isConnected) font.replaceWith(text);
      };
    });
  return () => {
    for (const act of undo) act();
  };
}

/** Observers are told after what is running. */
async function observed(): Promise<void> {
  await new Promise((done) => setTimeout(done));
}

describe('supportBrowserTranslation', () => {
  let fixture: ComponentFixture<Page>;
  let page: Page;
  const shown = (): string =>
    (fixture.nativeElement as HTMLElement).textContent.replace(/\s+/g, ' ').trim();

  beforeEach(async () => {
    fixture = TestBed.createComponent(Page);
    page = fixture.componentInstance;
    document.body.append(fixture.nativeElement as HTMLElement);
    await fixture.whenStable();
    expect(shown()).toBe('queued at 10:39 waiting one two');
  });

  it.each(Object.entries(WAYS))('shows what changes: %s', async (_, way) => {
    translate(fixture.nativeElement as Element, way);
    await observed();
    expect(shown()).toBe('QUEUED AT 10:39 WAITING ONE TWO');
    page.status.set('delivered');
    await fixture.whenStable();
    await observed();
    expect(shown()).toBe('delivered at 10:39 WAITING ONE TWO');
    // Which is translated again.
    translate(fixture.nativeElement as Element, way);
    await observed();
    page.time.set('10:40');
    await fixture.whenStable();
    await observed();
    expect(shown()).toBe('delivered at 10:40 WAITING ONE TWO');
  });

  it.each(Object.entries(WAYS))('lets go and take in: %s', async (_, way) => {
    translate(fixture.nativeElement as Element, way);
    await observed();
    page.isWaiting.set(false);
    page.words.set(['zero', 'one', 'three']);
    await fixture.whenStable();
    await observed();
    expect(shown()).toBe('QUEUED AT 10:39 zero ONE three');
  });

  it.each(Object.entries(WAYS))(
    'shows nothing where nothing is left to say: %s',
    async (_, way) => {
      page.note.set('soon');
      await fixture.whenStable();
      await observed();
      translate(fixture.nativeElement as Element, way);
      await observed();
      expect(shown()).toBe('QUEUED AT 10:39 WAITING ONE TWO SOON');
      page.note.set('');
      await fixture.whenStable();
      await observed();
      expect(shown()).toBe('QUEUED AT 10:39 WAITING ONE TWO');
      page.note.set('now');
      await fixture.whenStable();
      expect(shown()).toBe('QUEUED AT 10:39 WAITING ONE TWO now');
    },
  );

  it('shows the original text when the translation is undone', async () => {
    const undo = translate(fixture.nativeElement as Element, (text, font) => {
      text.replaceWith(font);
    });
    await observed();
    undo();
    await observed();
    expect(shown()).toBe('queued at 10:39 waiting one two');
    page.status.set('sent');
    await fixture.whenStable();
    expect(shown()).toBe('sent at 10:39 waiting one two');
  });
});
