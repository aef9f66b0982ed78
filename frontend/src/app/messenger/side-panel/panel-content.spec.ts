import { ChangeDetectionStrategy, Component, Type } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { LazyParts } from '../../ui/lazy-parts';
import { LazyContent, PanelContent } from './panel-content';

@Component({
  selector: 'app-results',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: 'Found',
})
class Results {}

describe('PanelContent', () => {
  it('is loaded again when it is shown again, and the failure is over then', async () => {
    const load = vi
      .fn<() => Promise<Type<Results>>>()
      .mockRejectedValueOnce(new Error('It could not be loaded.'))
      .mockResolvedValueOnce(Results);
    const content: LazyContent<Results> = { load };
    const { failedUrl } = TestBed.inject(LazyParts);

    const show = async () => {
      const fixture = TestBed.createComponent(PanelContent<Results>);
      fixture.componentRef.setInput('content', content);
      fixture.componentRef.setInput('inputs', {});
      const element = fixture.nativeElement as HTMLElement;
      await vi.waitFor(() => {
        fixture.detectChanges();
        expect(element.querySelector('app-skeleton')).toBeNull();
      });
      return { fixture, element };
    };

    const failed = await show();
    expect(failed.element.textContent).toBe('');
    expect(failedUrl()).toBe('/');
    failed.fixture.destroy();
    expect((await show()).element.textContent).toContain('Found');
    expect(failedUrl()).toBeUndefined();
  });
});
