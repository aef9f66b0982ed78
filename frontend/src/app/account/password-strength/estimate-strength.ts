import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';

/** How hard a password is to guess: 0 is guessed at once, 4 not in a lifetime. */
export type Strength = 0 | 1 | 2 | 3 | 4;

const PRODUCT = ['MySMS Messenger', 'MySMS', 'Messenger'];

/**
 * The time grows with the length and with what could be letters in disguise. The beginning is enough: what follows can
 * only make a password stronger.
 */
const estimator = new ZxcvbnFactory({
  dictionary,
  graphs: adjacencyGraphs,
  maxLength: 32,
  l33tMaxSubstitutions: 10,
});

/** An estimate by zxcvbn, to which the product's name and the user's email are the first guesses. */
export function estimateStrength(password: string, email: string): Strength {
  const context = [...PRODUCT, email, ...email.split('@'), ...email.split(/[@.+_-]/)];
  return estimator.check(password, context.filter(Boolean)).score;
}
