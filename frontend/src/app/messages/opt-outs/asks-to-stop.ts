/** Longer texts are letters, in which such words mean other things. */
const LONGEST = 160;

/** They say nothing about what is asked for. */
const COURTESIES = /\b(please|pls|now|thanks|thank you)\b/g;

/** The whole text, without courtesies and punctuation. */
const WHOLE = [
  // The words that opt out by themselves, and are not alone here.
  /^((stop|unsubscribe|end|quit|stopall|revoke|opt ?out|cancel) ?)+(it|this)?$/,
  /^(stop|quit) sending( (me|us|it|this|these|them|anything))*$/,
  /^(remove|delete) (me|us|my number|this number)$/,
  /^leave (me|us) alone$/,
];

const ANYWHERE = [
  /\b(opt\W?out|unsubscribe)\b/,
  /\bopt (me|us) out\b/,
  /\b(please|pls|just|you should|can you|could you) stop\b(?! (by|at|in|over|here|there|for)\b)/,
  /\b(stop|quit) (the |these |all |this |your |sending |with |me |us )*(texts?|texting|messages?|messaging|sms|spam|spamming|contacting|writing|bothering)\b/,
  /\b(do ?n[o']?t|do not|never|no longer) (text|message|sms|contact|write)( to)? (me|us|this number)\b/,
  /\b(do ?n[o']?t|do not|never) send (me |us )?(any |more |these |your )*(texts|messages|sms)\b/,
  /\b(do ?n[o']?t|do not|no longer) (want|wish)( to (get|receive))? (any |more |these |your )*(texts|messages|sms)\b(?! to\b)/,
  /\b(remove|take) (me|us|my number|this number) (from|off)\b/,
  /\bno more (texts?|messages?|sms)\b/,
  /\bno (texts|messages|sms) (please|pls|thanks|thank you)\W*$/,
];

/**
 * Whether a text asks for no more messages in other words than those that opt out by themselves. A guess, so that it is
 * only a suggestion.
 */
export function asksToStop(text: string): boolean {
  const simple = text
    .toLowerCase()
    .replaceAll('’', "'")
    .replace(/[\s,]+/g, ' ')
    .trim();
  if (simple.length > LONGEST) return false;
  const bare = simple
    .replace(COURTESIES, ' ')
    .replace(/[^\p{L}\p{N}']+/gu, ' ')
    .trim();
  return (
    WHOLE.some((wording) => wording.test(bare)) || ANYWHERE.some((wording) => wording.test(simple))
  );
}
