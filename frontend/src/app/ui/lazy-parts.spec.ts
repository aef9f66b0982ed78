import { TestBed } from '@angular/core/testing';
import { Router, provideRouter } from '@angular/router';
import { LazyParts } from './lazy-parts';

const succeed = () => Promise.resolve('loaded');
const fail = (): Promise<unknown> => Promise.reject(new Error('It could not be loaded.'));

describe('LazyParts', () => {
  let lazyParts: LazyParts;

  beforeEach(async () => {
    TestBed.configureTestingModule({
      providers: [
        provideRouter([
          { path: 'here', children: [] },
          { path: 'there', children: [] },
          { path: 'missing', loadChildren: () => Promise.reject(new Error('No')) },
        ]),
      ],
    });
    lazyParts = TestBed.inject(LazyParts);
    await TestBed.inject(Router).navigateByUrl('/here');
  });

  it('gives what is loaded', async () => {
    expect(await lazyParts.load(succeed)).toBe('loaded');
    expect(lazyParts.failedUrl()).toBeUndefined();
  });

  it('gives no part that would take the focus from what has it by then', async () => {
    const [button, field] = [document.createElement('button'), document.createElement('input')];
    document.body.append(button, field);
    button.focus();
    expect(await lazyParts.loadForFocus(succeed)).toBe('loaded');
    const loading = lazyParts.loadForFocus(succeed);
    field.focus();
    expect(await loading).toBeUndefined();
    expect(lazyParts.failedUrl()).toBeUndefined();
    button.remove();
    field.remove();
  });

  it('has failed at the page until the part is loaded', async () => {
    const search = vi.fn(fail);
    expect(await lazyParts.load(search)).toBeUndefined();
    expect(lazyParts.failedUrl()).toBe('/here');
    search.mockImplementation(succeed);
    await lazyParts.load(search);
    expect(lazyParts.failedUrl()).toBeUndefined();
  });

  it('has failed although another part is loaded', async () => {
    const media = vi.fn(fail);
    const menu = vi.fn(fail);
    await lazyParts.load(media);
    await lazyParts.load(menu);
    menu.mockImplementation(succeed);
    await lazyParts.load(menu);
    expect(lazyParts.failedUrl()).toBe('/here');
    media.mockImplementation(succeed);
    await lazyParts.load(media);
    expect(lazyParts.failedUrl()).toBeUndefined();
  });

  it('leaves the failures of a page behind with the page', async () => {
    await lazyParts.load(fail);
    await TestBed.inject(Router).navigateByUrl('/there');
    expect(lazyParts.failedUrl()).toBeUndefined();
  });

  it('has failed at a page that cannot be loaded, whatever is loaded on the page before it', async () => {
    const router = TestBed.inject(Router);
    await expect(router.navigateByUrl('/missing')).rejects.toThrow();
    await lazyParts.load(succeed);
    expect(lazyParts.failedUrl()).toBe('/missing');
    await router.navigateByUrl('/there');
    expect(lazyParts.failedUrl()).toBeUndefined();
  });
});
