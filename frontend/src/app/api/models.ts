import type { components } from './schema';

type Schemas = components['schemas'];

export type Credentials = Schemas['Credentials'];
export type NewUser = Schemas['Registration'];
export type User = Schemas['AccountResponse'];
export type Tokens = Schemas['TokenResponse'];
export type SignedInUser = Schemas['SignedInResponse'];
export type SignUpMode = Schemas['SignUpPolicyResponse']['mode'];
export type Session = Schemas['SessionResponse'];
export type PasswordChange = Schemas['PasswordChange'];
export type PasswordResetPolicy = Schemas['PasswordResetPolicyResponse'];
export type PasswordReset = Schemas['ResetPassword'];
export type SecondFactor = Schemas['SecondFactorResponse'];
export type SecondFactorSetUp = Schemas['SecondFactorSetUpResponse'];
export type RecoveryCodes = Schemas['RecoveryCodesResponse'];
export type NewMessage = Schemas['MessageCreate'];
export type Message = Schemas['MessageResponse'];
export type Media = Schemas['MediaResponse'];
export type MessageDetail = Schemas['MessageDetail'];
export type Conversation = Schemas['ConversationResponse'];
export type Unread = Schemas['UnreadResponse'];
export type Contact = Schemas['ContactResponse'];
export type ContactFields = Schemas['ContactFields'];
export type OptOut = Schemas['OptOutResponse'];
export type PushKey = Schemas['PushKeyResponse'];
export type NewPushSubscription = Schemas['PushSubscriptionRequest'];
export type Sending = Schemas['SendingStatusResponse'];
