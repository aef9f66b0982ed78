import type { components } from './schema';

type Schemas = components['schemas'];

export type Credentials = Schemas['Credentials'] & { readonly second_factor_code?: string };
export type NewUser = Schemas['Registration'];
export type User = Schemas['AccountResponse'];
export type Tokens = Schemas['TokenResponse'];
export type SignedInUser = Schemas['SignedInResponse'];
export type SignUpMode = Schemas['SignUpPolicyResponse']['mode'];
export type Session = Schemas['SessionResponse'];
export type PasswordChange = Schemas['PasswordChange'];
export interface PasswordResetPolicy {
  readonly by_mail: boolean;
}
export interface PasswordReset {
  readonly token: string;
  readonly password: string;
  readonly password_confirmation: string;
}
export interface SecondFactor {
  readonly enabled: boolean;
  readonly recovery_codes_left: number;
}
export interface SecondFactorSetUp {
  /** Base32. */
  readonly secret: string;
  readonly otpauth_uri: string;
}
export interface RecoveryCodes {
  readonly recovery_codes: readonly string[];
}
export type NewMessage = Schemas['MessageCreate'];
export type Message = Schemas['MessageResponse'];
export type MessageDetail = Schemas['MessageDetail'];
export type Conversation = Schemas['ConversationResponse'];
export type Sending = Schemas['SendingStatusResponse'] & {
  readonly default_country?: string | null;
};
