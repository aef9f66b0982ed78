const E164 = /^\+[1-9]\d{1,14}$/;

/** The recipients of a new message: those chosen, which look like E.164, and what is being typed. */
export interface Recipients {
  readonly chosen: readonly string[];
  readonly typed: string;
}

/** From the one text in which the form and its draft hold them: "+41791234567,+4930901820,079 1". */
export function splitRecipients(text: string): Recipients {
  const parts = text.split(',');
  const first = parts.findIndex((part, index) => index === parts.length - 1 || !E164.test(part));
  return { chosen: parts.slice(0, first), typed: parts.slice(first).join(',') };
}

export function joinRecipients({ chosen, typed }: Recipients): string {
  return [...new Set(chosen), typed].join(',');
}
