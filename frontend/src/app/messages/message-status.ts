import { Message } from '../api/models';
import { failureTexts } from '../i18n/failure-texts';
import { messagesTexts } from '../i18n/messages-texts';
import { IconName } from '../ui/icon';
import { describeMedia } from './media';

export interface StatusPresentation {
  readonly text: string;
  readonly icon: IconName;
  readonly tone: Tone;
}

export type Tone = 'muted' | 'success' | 'warning' | 'danger';

const { names } = messagesTexts.status;

const APPEARANCES: Readonly<Record<string, Pick<StatusPresentation, 'icon' | 'tone'>>> = {
  pending: { icon: 'clock', tone: 'muted' },
  unconfirmed: { icon: 'question', tone: 'warning' },
  accepted: { icon: 'clock', tone: 'muted' },
  scheduled: { icon: 'clock', tone: 'muted' },
  queued: { icon: 'clock', tone: 'muted' },
  sending: { icon: 'clock', tone: 'muted' },
  sent: { icon: 'tick', tone: 'muted' },
  delivered: { icon: 'ticks', tone: 'success' },
  undelivered: { icon: 'warning', tone: 'danger' },
  failed: { icon: 'warning', tone: 'danger' },
  canceled: { icon: 'close', tone: 'muted' },
  read: { icon: 'ticks', tone: 'success' },
  received: { icon: 'in', tone: 'muted' },
};

/** An unknown status, which only the timeline can show, is shown by its own name. */
export function presentStatus(status: string): StatusPresentation {
  const appearance = APPEARANCES[status] ?? { icon: 'clock', tone: 'muted' };
  return { ...appearance, text: names[status] ?? status };
}

export function hasFailed({ status }: Message): boolean {
  return status === 'failed' || status === 'undelivered';
}

/** Until its outcome is known it cannot be deleted. */
export function isInFlight({ status }: Message): boolean {
  return status === 'pending' || status === 'unconfirmed';
}

/** Servers may keep texts for a limited time only, and a picture may come without one. */
export function hasText({ content }: Message): boolean {
  return content !== '';
}

/** Whether there is anything to send again. */
export function hasContent(message: Message): boolean {
  return hasText(message) || message.media.length > 0;
}

/** What is said where there is no text. */
export function describeAbsentText(message: Message): string {
  const { textDeleted, noText } = messagesTexts.thread;
  if (message.content_removed_at) return textDeleted;
  return message.num_media > 0 ? describeMedia(message) : noText;
}

/** What came with its text: "Picture"; empty without either. */
export function describeMediaBesideText(message: Message): string {
  return hasText(message) && message.num_media > 0 ? describeMedia(message) : '';
}

/** Why it failed, in plain words. */
export function failureCause({ error_code, explanation }: Message): string {
  const known = failureTexts[error_code ?? ''];
  return known?.cause ?? explanation?.cause ?? messagesTexts.status.noReason;
}

/** What the user can do about it, and the error code. */
export function failureAdvice({ error_code, explanation }: Message): string {
  const advice = failureTexts[error_code ?? '']?.advice ?? explanation?.advice ?? [];
  const code = typeof error_code === 'number' ? messagesTexts.status.code(error_code) : [];
  return [advice, code].flat().join(' ');
}

/** Whether sending the same again can help, as far as is known. */
export function isRetryable(message: Message): boolean {
  return hasContent(message) && hasFailed(message) && (message.explanation?.retryable ?? true);
}
