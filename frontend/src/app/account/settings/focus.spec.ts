import { Type, signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import { SessionStore } from '../../session/session-store';
import { UserStorage } from '../../session/user-storage';
import { AccountStore } from '../account-store';
import { ChangePassword } from './change-password';
import { DeleteAccount } from './delete-account';

describe.each([
  ['ChangePassword', ChangePassword, 'Password', { email: 'ada@example.com' }],
  ['DeleteAccount', DeleteAccount, 'Delete account', {}],
] as [string, Type<unknown>, string, Record<string, string>][])(
  '%s',
  (_, component, heading, inputs) => {
    let panel: HTMLElement;

    afterEach(() => {
      panel.remove();
      vi.unstubAllGlobals();
    });

    it.each([
      ['the first field', false],
      ['the heading on a touch screen, where a field would open the keyboard', true],
    ])('focuses %s, because the button is gone', async (_, isTouchScreen) => {
      vi.stubGlobal('matchMedia', () => ({ matches: isTouchScreen }));
      TestBed.configureTestingModule({
        providers: [
          provideRouter([]),
          { provide: AccountStore, useValue: {} },
          { provide: SessionStore, useValue: { user: signal({ email: 'ada@example.com' }) } },
          { provide: UserStorage, useValue: { unsentCounts: () => undefined } },
        ],
      });
      const fixture = TestBed.createComponent(component);
      for (const [name, value] of Object.entries(inputs)) {
        fixture.componentRef.setInput(name, value);
      }
      panel = fixture.nativeElement as HTMLElement;
      document.body.append(panel);
      fixture.autoDetectChanges();
      const begin = panel.querySelector('button');
      begin?.focus();
      begin?.click();
      await fixture.whenStable();
      expect(begin?.isConnected).toBe(false);
      const focused = document.activeElement;
      if (isTouchScreen) expect(focused?.textContent).toBe(heading);
      else expect(focused?.getAttribute('autocomplete')).toBe('current-password');
    });
  },
);
