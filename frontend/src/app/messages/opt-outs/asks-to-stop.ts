/** Longer texts are letters, in which such words mean other things. */
const LONGEST = 160;

const WORDINGS = [
  // The words that opt out by themselves, and are not alone here.
  /^\W*(stop|unsubscribe|end|quit|stopall|revoke|opt\W?out|cancel)\W*(please|pls|now|it|this)?\W*$/,
  /\b(opt\W?out|unsubscribe)\b/,
  /\b(please|pls|just|you should|can you|could you) stop\b(?! (by|at|in|over|here|there|for)\b)/,
  /\bstop (the |these |all |this |your |sending |with |me |us )*(texts?|texting|messages?|messaging|sms|spam|spamming|contacting|writing)\b/,
  /\b(do ?n[o']?t|do not|never|no longer) (text|message|sms|contact|write)( to)? (me|us|this number)\b/,
  /\b(remove|take) (me|us|my number|this number) (from|off)\b/,
  /\bno more (texts?|messages?|sms)\b/,
];

/**
 * Whether a text asks for no more messages in other words than those that opt out by themselves. A guess, so that it is
 * only a suggestion.
 */
export function asksToStop(text: string): boolean {
  const simple = text.toLowerCase().replaceAll('’', "'").trim();
  return simple.length <= LONGEST && WORDINGS.some((wording) => wording.test(simple));
}
