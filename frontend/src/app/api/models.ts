import type { components } from './schema';

type Schemas = components['schemas'];

export type Credentials = Schemas['Credentials'];
export type NewUser = Schemas['Registration'];
export type User = Schemas['AccountOut'];
export type Tokens = Schemas['TokensOut'];
export type SignedInUser = Schemas['SignedInOut'];
export type SignUpMode = Schemas['SignUpOut']['mode'];
export type Session = Schemas['SessionOut'];
export type PasswordChange = Schemas['PasswordChange'];
export type NewMessage = Schemas['Draft'];
export type Message = Schemas['MessageOut'];
export type MessageDetail = Schemas['MessageDetail'];
export type Conversation = Schemas['ConversationOut'];
export type Sending = Schemas['SendingOut'] & { readonly default_country?: string | null };
