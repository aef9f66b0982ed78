import { canonicalNumber } from '../../phone-numbers/canonical-number';

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
  return { chosen: parts.slice(0, first), typed: parts.slice(first).join(',').replace(/^,/, '') };
}

export function joinRecipients({ chosen, typed }: Recipients): string {
  // What is typed may look as if it were chosen: an empty part keeps it apart.
  const isAmbiguous = splitRecipients(typed).typed !== typed;
  return [...eachOnce(chosen), isAmbiguous ? `,${typed}` : typed].join(',');
}

/** The numbers without those that are another spelling of one before. */
export function eachOnce(numbers: readonly string[]): string[] {
  const first = new Map<string, string>();
  for (const number of numbers) {
    const canonical = canonicalNumber(number);
    if (!first.has(canonical)) first.set(canonical, number);
  }
  return [...first.values()];
}
