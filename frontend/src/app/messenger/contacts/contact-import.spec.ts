import { provideHttpClient } from '@angular/common/http';
import {
  HttpTestingController,
  TestRequest,
  provideHttpClientTesting,
} from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import { Subject, firstValueFrom } from 'rxjs';
import { ImportedContacts } from '../../api/models';
import { ContactFiles, MAX_FILE_BYTES } from '../../contacts/contact-files';
import { ContactsStore } from '../../contacts/contacts-store';
import { contactsPageTexts } from '../../i18n/contacts-page-texts';
import { loadPhoneNumberRules } from '../../phone-numbers/format-phone-number';
import { ContactImport } from './contact-import';

const texts = contactsPageTexts.import;
const UNAVAILABLE = { status: 503, statusText: 'Service Unavailable' };

const CSV: ImportedContacts = {
  applied: false,
  format: 'csv',
  country: null,
  columns: [
    { name: 'Kunde', field: 'ignore', examples: ['Ada'] },
    { name: 'Phone', field: 'number', examples: ['+4930901'] },
    { name: 'Notes', field: 'note', examples: [] },
  ],
  counts: { new: 2, updated: 1, duplicate: 0, invalid: 1 },
  preview: (['new', 'invalid'] as const).map((outcome, index) => ({
    row: index + 2,
    outcome,
    number: outcome === 'invalid' ? 'call me' : '+4930901',
    name: 'Ada',
    note: '',
    labels: [],
    consent: null,
    reason: outcome === 'invalid' ? 'Number has letters in it' : null,
  })),
  rejected_csv: 'reason\r\n',
};

describe('ContactImport', () => {
  const refresh = vi.fn();
  let http: HttpTestingController;
  let page: HTMLElement;

  beforeEach(async () => {
    vi.useFakeTimers();
    refresh.mockClear();
    TestBed.configureTestingModule({
      providers: [
        ContactFiles,
        provideHttpClient(),
        provideHttpClientTesting(),
        provideRouter([]),
        { provide: ContactsStore, useValue: { refresh } },
      ],
    });
    http = TestBed.inject(HttpTestingController);
    const fixture = TestBed.createComponent(ContactImport);
    fixture.autoDetectChanges();
    page = fixture.nativeElement as HTMLElement;
    document.body.append(page);
    await settle();
  });

  afterEach(() => {
    page.remove();
    TestBed.resetTestingModule();
    vi.useRealTimers();
  });

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 4; turn += 1) {
      await vi.advanceTimersByTimeAsync(0);
      TestBed.tick();
    }
  }

  async function choose(file: File): Promise<void> {
    const input = page.querySelector<HTMLInputElement>('input[type=file]') ?? expect.fail();
    Object.defineProperty(input, 'files', { value: [file], configurable: true });
    Object.defineProperty(input, 'value', { value: '', configurable: true, writable: true });
    input.dispatchEvent(new Event('change'));
    await settle();
  }

  async function drop(file: File): Promise<void> {
    const event = Object.assign(new Event('drop'), { dataTransfer: { files: [file] } });
    page.dispatchEvent(event);
    await settle();
  }

  const aFile = (name = 'people.csv', content = 'x') => new File([content], name);

  /** A file that is read when the test says so. */
  function slowly(name?: string) {
    const file = aFile(name);
    const read = new Subject<ArrayBuffer>();
    const done = firstValueFrom(read);
    file.arrayBuffer = () => done;
    const end = () => {
      read.next(new ArrayBuffer(1));
    };
    const fail = () => {
      read.error(new DOMException('', 'NotFoundError'));
    };
    return { file, end, fail };
  }

  function request(): TestRequest {
    return http.expectOne(({ url }) => url.endsWith('/api/contacts/import'));
  }

  /** What is asked after a choice waits for further ones. */
  async function requestAfterPause(): Promise<TestRequest> {
    http.expectNone(() => true);
    await vi.advanceTimersByTimeAsync(300);
    return request();
  }

  async function preview(answer: ImportedContacts = CSV): Promise<void> {
    await choose(aFile());
    request().flush(answer);
    await settle();
  }

  async function select(column: number, field: string): Promise<void> {
    const box = page.querySelectorAll('select')[column] ?? expect.fail();
    box.value = field;
    box.dispatchEvent(new Event('change', { bubbles: true }));
    await settle();
  }

  function button(name: string): HTMLButtonElement | undefined {
    return [...page.querySelectorAll('button')].find(
      ({ textContent }) => textContent.trim() === name,
    );
  }

  async function press(name: string): Promise<void> {
    (button(name) ?? expect.fail(name)).click();
    await settle();
  }

  function counts(): string[] {
    return [...page.querySelectorAll('dd')].map(({ textContent }) => textContent.trim());
  }

  it('asks for a file, says that it reads it, and what it would change, in the order of deciding', async () => {
    expect(page.textContent).toContain(texts.intro);
    expect(page.querySelector('.sticky-actions')).toBeNull();
    await choose(aFile());
    expect(page.querySelector('[role=status]')?.textContent).toBe(texts.checking);
    expect(page.querySelector('.contact-import__file')?.textContent.trim()).toBe('people.csv');
    const asked = request();
    expect(asked.request.params.get('apply')).toBe('false');
    asked.flush(CSV);
    await settle();
    expect(document.activeElement?.textContent.trim()).toBe('people.csv');
    const parts = [...page.querySelectorAll('h2, legend, .contact-import__rejected button')];
    expect(parts.map(({ textContent }) => textContent.trim())).toEqual([
      texts.columns,
      texts.country,
      texts.existing,
      texts.changes,
      texts.preview,
      texts.rejected,
    ]);
    expect(page.textContent).toContain(texts.noName);
    expect(counts()).toEqual(['2', '1', '0', '1']);
    expect(page.querySelector('[role=status]')?.textContent).toBe(
      'New: 2, Updated: 1, Duplicates: 0, Invalid: 1',
    );
    const [row, invalid] = page.querySelectorAll('.contact-import__preview > li');
    expect(row?.className).toBe('');
    expect(invalid?.className).toBe('contact-import__invalid');
    expect(invalid?.textContent).toContain('Number has letters in it');
    expect(invalid?.querySelector('.contact-import__outcome app-icon')).not.toBeNull();
    await select(0, 'last_name');
    expect(page.textContent).toContain(texts.columnsText);
  });

  it('sends choices that follow each other quickly together, and takes the last answer', async () => {
    await preview();
    await select(0, 'name');
    await vi.advanceTimersByTimeAsync(299);
    await select(0, 'note');
    await vi.advanceTimersByTimeAsync(299);
    await select(0, 'name');
    expect(page.textContent).toContain(texts.columnsText);
    const first = await requestAfterPause();
    await select(2, 'labels');
    const second = await requestAfterPause();
    expect(second.request.params.get('columns')).toBe('name,number,labels');
    // It is not uploaded any further.
    expect(first.cancelled).toBe(true);
    second.flush({ ...CSV, counts: { ...CSV.counts, new: 7 } });
    await settle();
    expect(counts()[0]).toBe('7');
    expect(button(texts.submit(8))).toBeDefined();
  });

  it('reads numbers as they are dialled in a country: the server says which, and the user chooses another', async () => {
    await loadPhoneNumberRules();
    await preview();
    const countries = page.querySelector<HTMLSelectElement>('#import-country') ?? expect.fail();
    expect(countries.selectedOptions[0]?.label).toBe(texts.noCountry);
    await select(CSV.columns.length, 'CH');
    const asked = await requestAfterPause();
    expect(asked.request.params.get('country')).toBe('CH');
    asked.flush({ ...CSV, country: 'CH' });
    await settle();
    expect(countries.selectedOptions[0]?.label).toBe('Switzerland');
    await select(CSV.columns.length, 'AT');
    (await requestAfterPause()).flush({}, UNAVAILABLE);
    await settle();
    await select(CSV.columns.length, '');
    // And not the country of the last answer.
    expect(countries.selectedOptions[0]?.label).toBe(texts.noCountry);
    const withoutCountry = await requestAfterPause();
    expect(withoutCountry.request.params.has('country')).toBe(false);
    // Meanwhile the server has got a country.
    withoutCountry.flush({ ...CSV, country: 'DE' });
    await settle();
    expect(countries.selectedOptions[0]?.label).toBe('Germany');
    expect([...countries.options].map(({ label }) => label)).not.toContain(texts.noCountry);
    await press(texts.submit(3));
    expect(request().request.params.get('country')).toBe('DE');
  });

  it('imports only what it has shown: not after a choice that could not be checked', async () => {
    await preview();
    await select(0, 'name');
    expect(button(texts.submit(3))?.getAttribute('aria-busy')).toBe('true');
    await press(texts.submit(3));
    (await requestAfterPause()).flush({}, UNAVAILABLE);
    await settle();
    expect(page.querySelector('[role=alert]')?.textContent).toContain('The server has a problem');
    expect(page.querySelector('[role=alert]')?.textContent).toContain(texts.notChecked);
    expect(page.querySelectorAll('select')[0]?.value).toBe('name');
    expect(button(texts.submit(3))?.getAttribute('aria-disabled')).toBe('true');
    expect(button(texts.submit(3))?.getAttribute('aria-busy')).toBe('false');
    await press(texts.submit(3));
    http.expectNone(({ params }) => params.get('apply') === 'true');
    await press(texts.tryAgain);
    const again = request();
    expect(again.request.params.get('columns')).toBe('name,number,note');
    const columns = CSV.columns.map((column, at) => (at ? column : { ...column, field: 'name' }));
    again.flush({ ...CSV, columns });
    await settle();
    await press(texts.submit(3));
    expect(request().request.params.get('columns')).toBe('name,number,note');
  });

  it('says that an import may have stored some, and is done once it has answered', async () => {
    await preview();
    await press(texts.submit(3));
    expect(button(texts.submitting)?.getAttribute('aria-busy')).toBe('true');
    request().flush({}, UNAVAILABLE);
    await settle();
    expect(page.querySelector('[role=alert]')?.textContent).toContain('none is stored twice');
    expect(refresh).toHaveBeenCalledTimes(1);
    // The same button tries again.
    expect(button(texts.tryAgain)).toBeUndefined();
    await press(texts.submit(3));
    const applied = request();
    expect(applied.request.params.get('apply')).toBe('true');
    applied.flush({ ...CSV, applied: true });
    await settle();
    expect(document.activeElement?.textContent.trim()).toBe(texts.done(3));
    expect(page.querySelector('.sticky-actions')).toBeNull();
    expect(page.querySelector('.contact-import__columns')).toBeNull();
    expect(button(texts.rejected)).toBeDefined();
    expect(page.querySelector<HTMLAnchorElement>('a.button--primary')?.pathname).toBe('/contacts');
  });

  it('says why a file cannot be read, and offers another', async () => {
    await choose(aFile('contacts.xlsx'));
    request().flush(
      { status: 422, code: 'unreadable_file', detail: 'This is a spreadsheet.' },
      { status: 422, statusText: 'Unprocessable Entity' },
    );
    await settle();
    expect(page.querySelector('[role=alert]')?.textContent).toContain('This is a spreadsheet');
    expect(button(texts.tryAgain)).toBeUndefined();
    await choose(aFile('large.csv', 'x'.repeat(MAX_FILE_BYTES + 1)));
    expect(page.querySelector('[role=alert]')?.textContent).toContain(texts.tooLarge);
    http.expectNone(() => true);
    const moved = aFile();
    moved.arrayBuffer = () => Promise.reject(new DOMException('', 'NotFoundError'));
    await choose(moved);
    expect(page.querySelector('[role=alert]')?.textContent).toContain(texts.unreadable);
    await preview({ ...CSV, format: 'vcard', columns: [], rejected_csv: null });
    expect(page.querySelector('[role=alert]')).toBeNull();
    expect(page.querySelector('.contact-import__columns')).toBeNull();
    expect(button(texts.rejected)).toBeUndefined();
  });

  it('forgets a file that is being checked as soon as another is chosen', async () => {
    await choose(aFile());
    const earlier = request();
    const read = slowly();
    await choose(read.file);
    expect(page.querySelector('[role=status]')?.textContent).toBe('');
    expect(earlier.cancelled).toBe(true);
    expect(counts()).toEqual([]);
    read.end();
    await settle();
    request().flush({ ...CSV, counts: { ...CSV.counts, new: 7 } });
    await settle();
    expect(counts()[0]).toBe('7');
  });

  it('shows no answer about the file before one that cannot be read', async () => {
    await choose(aFile());
    const earlier = request();
    const read = slowly();
    await choose(read.file);
    read.fail();
    await settle();
    expect(earlier.cancelled).toBe(true);
    expect(page.querySelector('[role=alert]')?.textContent.trim()).toBe(texts.unreadable);
    expect(page.querySelector('[role=status]')?.textContent).toBe('');
    expect(button(texts.tryAgain)).toBeUndefined();
  });

  it('takes the last of two files that are dropped one after the other', async () => {
    const first = slowly('first.csv');
    await drop(first.file);
    await drop(aFile('last.csv'));
    const asked = request();
    first.end();
    await settle();
    http.expectNone(() => true);
    asked.flush(CSV);
    await settle();
    expect(page.querySelector('.contact-import__file')?.textContent.trim()).toBe('last.csv');
    expect(counts()[0]).toBe('2');
  });

  it('offers no import if nothing is new', async () => {
    await preview({ ...CSV, counts: { new: 0, updated: 0, duplicate: 4, invalid: 0 } });
    expect(page.querySelector('.sticky-actions')?.textContent.trim()).toBe(texts.nothing);
    expect(page.querySelector('.sticky-actions button')).toBeNull();
  });
});
