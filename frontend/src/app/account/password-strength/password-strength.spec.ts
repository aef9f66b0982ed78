import { ComponentFixture, TestBed } from '@angular/core/testing';
import { FormControl } from '@angular/forms';
import { setServerErrors } from '../../ui/validators';
import { estimateStrength } from './estimate-strength';
import { PasswordStrength } from './password-strength';

describe('estimateStrength', () => {
  it.each([
    ['password', 0],
    ['12345678', 0],
    ['        ', 0],
    ['ada.lovelace', 1],
    ['ada.lovelace@example.com', 1],
    ['MySMS Messenger', 1],
    ['mysmsmessenger', 1],
    ['correct horse battery', 4],
  ])('of %s', (password, strongest) => {
    const strength = estimateStrength(password, 'ada.lovelace@example.com');
    if (strongest === 4) expect(strength).toBe(4);
    else expect(strength).toBeLessThanOrEqual(strongest);
  });

  it('looks at the beginning of a long password only, so that it never takes long', () => {
    const beginning = 'a'.repeat(32);
    const long = beginning + '4@31!0$5+7'.repeat(10).slice(0, 96);
    expect(long).toHaveLength(128);
    expect(estimateStrength(long, '')).toBe(estimateStrength(beginning, ''));
  });
});

describe('PasswordStrength', () => {
  const control = new FormControl('', { nonNullable: true });
  let fixture: ComponentFixture<PasswordStrength>;
  let meter: HTMLElement;

  beforeEach(async () => {
    control.reset();
    fixture = TestBed.createComponent(PasswordStrength);
    fixture.componentRef.setInput('control', control);
    meter = fixture.nativeElement as HTMLElement;
    fixture.autoDetectChanges();
    await fixture.whenStable();
  });

  it('says nothing of an empty field, from the start in a region that is announced', () => {
    expect(meter.querySelector('[aria-live=polite]')?.textContent).toBe('');
    expect(meter.querySelector('.password-strength__bar')).toBeNull();
  });

  it('says how strong the password is once the user pauses, in words and by a bar', async () => {
    control.setValue('correct horse battery');
    fixture.detectChanges();
    expect(meter.textContent).toBe('');
    // Its place is there, so that nothing below moves.
    expect(meter.querySelector('.password-strength__bar')).not.toBeNull();
    expect(meter.querySelector('.password-strength__part--on')).toBeNull();
    await says('Strong.');
    expect(meter.querySelectorAll('.password-strength__part--on')).toHaveLength(4);
    control.setValue('password');
    await says('Very weak: it will probably be refused.');
    expect(meter.querySelectorAll('.password-strength__part--on')).toHaveLength(1);
    control.setValue('');
    await says('');
    expect(meter.querySelector('.password-strength__bar')).toBeNull();
  });

  it('calls nothing good that is too short', async () => {
    control.setValue('x9$Kq!z');
    await says('Too short.');
    expect(meter.querySelectorAll('.password-strength__part--on')).toHaveLength(1);
  });

  it('says nothing beside an error of the field, which it might contradict', async () => {
    control.setValue('correct horse battery');
    await says('Strong.');
    setServerErrors({ control }, { control: ['is too common'] });
    await says('');
    expect(meter.querySelector('.password-strength__bar')).toBeNull();
    control.setValue('correct horse battery staple');
    await says('Strong.');
  });

  async function says(text: string): Promise<void> {
    await vi.waitFor(
      () => {
        expect(meter.textContent).toBe(text);
      },
      { timeout: 4_000 },
    );
  }
});
