import { Message } from '../api/models';
import { messagingTexts } from '../i18n/messages-texts';
import { IconName } from '../ui/icon';

export interface StatusPresentation {
  readonly text: string;
  /** A sentence about it. */
  readonly meaning: string;
  readonly icon: IconName;
  readonly tone: 'soft' | 'good' | 'maybe' | 'bad';
}

const { names, meanings } = messagingTexts.status;

const LOOKS: Readonly<Record<string, Omit<StatusPresentation, 'text' | 'meaning'>>> = {
  pending: { icon: 'clock', tone: 'soft' },
  unconfirmed: { icon: 'question', tone: 'maybe' },
  accepted: { icon: 'clock', tone: 'soft' },
  scheduled: { icon: 'clock', tone: 'soft' },
  queued: { icon: 'clock', tone: 'soft' },
  sending: { icon: 'clock', tone: 'soft' },
  sent: { icon: 'tick', tone: 'soft' },
  delivered: { icon: 'ticks', tone: 'good' },
  undelivered: { icon: 'warning', tone: 'bad' },
  failed: { icon: 'warning', tone: 'bad' },
  canceled: { icon: 'close', tone: 'soft' },
  read: { icon: 'ticks', tone: 'good' },
};

/** A status that the carrier adds one day is shown by its own name. */
export function presentStatus(status: string): StatusPresentation {
  const look = LOOKS[status] ?? { icon: 'clock', tone: 'soft' };
  return { ...look, text: names[status] ?? status, meaning: meanings[status] ?? '' };
}

export function hasFailed({ status }: Message): boolean {
  return status === 'failed' || status === 'undelivered';
}

/** Texts may be kept for a limited time only; nobody can write an empty one. */
export function isTextRemoved({ content }: Message): boolean {
  return content === '';
}

/** Why it failed, in plain words. */
export function failureCause({ explanation }: Message): string {
  return explanation?.cause ?? messagingTexts.status.noReason;
}

/** What to do about it, and the code. */
export function failureAdvice({ error_code, explanation }: Message): string {
  const advice = explanation ? [explanation.advice] : [];
  const code = typeof error_code === 'number' ? [messagingTexts.status.code(error_code)] : [];
  return [...advice, ...code].join(' ');
}

/** Sending the same again: where it can help, and where nobody knows that it cannot. */
export function isRetryable(message: Message): boolean {
  if (isTextRemoved(message)) return false;
  return hasFailed(message) && (message.explanation?.retry_makes_sense ?? true);
}
