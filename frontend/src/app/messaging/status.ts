import { Message } from '../api/models';
import { messagingTexts } from '../texts/messaging-texts';
import { IconName } from '../ui/icon';

export interface StatusPresentation {
  readonly text: string;
  readonly icon: IconName;
  readonly tone: 'soft' | 'good' | 'maybe' | 'bad';
}

const LOOKS: Readonly<Record<string, Omit<StatusPresentation, 'text'>>> = {
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
  canceled: { icon: 'warning', tone: 'soft' },
  read: { icon: 'ticks', tone: 'good' },
};

/** A status that the carrier adds one day is shown by its own name. */
export function presentStatus(status: string): StatusPresentation {
  const look = LOOKS[status] ?? { icon: 'clock', tone: 'soft' };
  return { ...look, text: messagingTexts.status.names[status] ?? status };
}

export function hasFailed({ status }: Message): boolean {
  return status === 'failed' || status === 'undelivered';
}

/** Why it failed and what to do, in plain words. */
export function failureReason({ error_code, explanation }: Message): string {
  const words = explanation
    ? [explanation.cause, explanation.advice]
    : [messagingTexts.status.noReason];
  const code = typeof error_code === 'number' ? [messagingTexts.status.code(error_code)] : [];
  return [...words, ...code].join(' ');
}
