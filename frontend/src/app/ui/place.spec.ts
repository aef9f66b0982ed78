import { ChangeDetectionStrategy, Component } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { Router, provideRouter } from '@angular/router';
import { Place } from './place';

@Component({
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Place],
  template: '<a appPlace="/messages">Messages</a>',
})
class Places {}

describe('Place', () => {
  it.each([
    ['/messages', 'page'],
    ['/messages/new?a=b', 'page'],
    ['/messages?details=1#x', 'page'],
    ['/messages-log', null],
    ['/settings', null],
    ['/settings/messages', null],
  ])('at %s, the link to the messages is current: %s', async (url, current) => {
    TestBed.configureTestingModule({ providers: [provideRouter([{ path: '**', children: [] }])] });
    const fixture = TestBed.createComponent(Places);
    await TestBed.inject(Router).navigateByUrl(url);
    await fixture.whenStable();
    const link = (fixture.nativeElement as HTMLElement).querySelector('a');
    expect(link?.getAttribute('aria-current')).toBe(current);
  });
});
