import { TestBed } from '@angular/core/testing';
import { errorMessages } from '../../ui/validators';
import { newPasswordControls } from './new-password-controls';

it('an empty confirmation is blank, and only another one does not match', () => {
  const { password, password_confirmation } = TestBed.runInInjectionContext(newPasswordControls);
  password.setValue('correct horse');
  expect(errorMessages(password_confirmation)).toEqual(["can't be blank"]);
  password_confirmation.setValue('correct');
  expect(errorMessages(password_confirmation)).toEqual(["doesn't match the password"]);
  password_confirmation.setValue('correct horse');
  expect(password_confirmation.valid).toBe(true);
});
