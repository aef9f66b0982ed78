import { provideHttpClient } from '@angular/common/http';
import {
  HttpTestingController,
  TestRequest,
  provideHttpClientTesting,
} from '@angular/common/http/testing';
import { ComponentFixture, TestBed } from '@angular/core/testing';
import { RANDOM } from '../../api/backoff';
import { Media, Message } from '../../api/models';
import { MessagesClient } from '../../messages/messages-client';
import { aMessage } from '../../messages/testing';
import { formatPhoneNumber } from '../../phone-numbers/format-phone-number';
import { Medium } from './medium';

const PICTURE: Media = { index: 1, content_type: 'image/png' };
const FILE: Media = { index: 0, content_type: 'text/vcard' };
const UNAVAILABLE = 'This could not be loaded.';

describe('Medium', () => {
  let http: HttpTestingController;
  let fixture: ComponentFixture<Medium>;
  let urls: string[];
  let saved: string[];

  beforeEach(() => {
    vi.useFakeTimers();
    urls = [];
    saved = [];
    let made = 0;
    vi.stubGlobal(
      'URL',
      Object.assign(class extends URL {}, {
        createObjectURL: () => {
          const url = `blob:${++made}`;
          urls.push(url);
          return url;
        },
        revokeObjectURL: (url: string) => {
          urls = urls.filter((each) => each !== url);
        },
      }),
    );
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      saved.push(this.download);
    });
    TestBed.configureTestingModule({
      providers: [
        provideHttpClient(),
        provideHttpClientTesting(),
        MessagesClient,
        { provide: RANDOM, useValue: () => 0 },
      ],
    });
    http = TestBed.inject(HttpTestingController);
  });

  afterEach(() => {
    http.verify();
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it('says whose picture it is', () => {
    const medium = draw(PICTURE, 'outbound');
    answer(expectRequest());
    const name = formatPhoneNumber('+14155552671');
    expect(medium.querySelector('img')?.alt).toBe(`Picture to ${name}`);
  });

  it('shows a picture by an address of the page, and gives that up', () => {
    const medium = draw(PICTURE);
    answer(expectRequest());
    const image = medium.querySelector('img');
    expect(image?.alt).toBe(`Picture from ${formatPhoneNumber('+14155552671')}`);
    expect(image?.getAttribute('src')).toBe('blob:1');
    expect(urls).toEqual(['blob:1']);
    fixture.destroy();
    expect(urls).toEqual([]);
  });

  it('repeats by itself what may pass, and in the end asks', () => {
    const medium = draw(PICTURE);
    for (const wait of [5_000, 5_000, 5_000]) {
      fail(expectRequest(), 503, { 'Retry-After': '5' });
      vi.advanceTimersByTime(wait - 1);
      http.expectNone(URL_OF_PICTURE);
      vi.advanceTimersByTime(1);
    }
    fail(expectRequest(), 503);
    expect(problemOf(medium)).toBe(`${UNAVAILABLE} Try again`);
    vi.advanceTimersByTime(600_000);
    http.expectNone(URL_OF_PICTURE);
    press(medium);
    answer(expectRequest());
    expect(medium.querySelector('img')).not.toBeNull();
  });

  it('waits without a connection, and loads it when that is back', () => {
    const medium = draw(PICTURE);
    expectRequest().error(new ProgressEvent('error'));
    fixture.detectChanges();
    expect(problemOf(medium)).toBe('Not loaded: there is no connection. Try again');
    window.dispatchEvent(new Event('online'));
    answer(expectRequest());
    expect(medium.querySelector('img')).not.toBeNull();
  });

  it.each([
    [404, 'No longer available.'],
    [413, 'Larger than 5 MB, so it is not shown here.'],
  ])('says after %s what is lasting, and asks no more', (status, said) => {
    const medium = draw(PICTURE);
    fail(expectRequest(), status);
    expect(problemOf(medium)).toBe(said);
    window.dispatchEvent(new Event('online'));
    http.expectNone(URL_OF_PICTURE);
  });

  it.each([
    ['img', 'image/png'],
    ['audio', 'audio/ogg'],
    ['video', 'video/3gpp'],
  ])('says that the browser cannot show what is in its %s', (element, content_type) => {
    const medium = draw({ ...PICTURE, content_type });
    answer(expectRequest());
    medium.querySelector(element)?.dispatchEvent(new Event('error'));
    fixture.detectChanges();
    expect(problemOf(medium)).toContain('This browser cannot show or play this.');
    expect(urls).toEqual([]);
  });

  it('loads a file only to save it, under a name that nothing runs', () => {
    const medium = draw(FILE);
    expect(medium.textContent).toContain('Contact');
    // Several files of one message are told apart.
    expect(medium.querySelector('button')?.getAttribute('aria-label')).toContain('Contact');
    http.expectNone('/api/messages/m1/media/0');
    press(medium);
    answer(http.expectOne('/api/messages/m1/media/0'));
    expect(saved).toEqual(['attachment-m1-1.vcf']);
    fixture.componentRef.setInput('media', { index: 0, content_type: 'text/html' });
    fixture.detectChanges();
    press(medium);
    expect(saved).toEqual(['attachment-m1-1.vcf', 'attachment-m1-1.bin']);
  });

  const URL_OF_PICTURE = '/api/messages/m1/media/1';

  function draw(media: Media, direction: Message['direction'] = 'inbound'): HTMLElement {
    fixture = TestBed.createComponent(Medium);
    fixture.componentRef.setInput('message', aMessage({ direction, media: [media] }));
    fixture.componentRef.setInput('media', media);
    fixture.detectChanges();
    return fixture.nativeElement as HTMLElement;
  }

  function expectRequest(): TestRequest {
    return http.expectOne(URL_OF_PICTURE);
  }

  function answer(request: TestRequest): void {
    request.flush(new Blob(['x'], { type: 'image/png' }));
    fixture.detectChanges();
  }

  function fail(request: TestRequest, status: number, headers: Record<string, string> = {}): void {
    request.flush(new Blob(['{}']), { status, statusText: 'Failed', headers });
    fixture.detectChanges();
  }

  function press(medium: HTMLElement): void {
    Array.from(medium.querySelectorAll('button')).at(-1)?.click();
    fixture.detectChanges();
  }

  function problemOf(medium: HTMLElement): string | undefined {
    return medium.querySelector('.medium__problem')?.textContent.replace(/\s+/g, ' ').trim();
  }
});
