import { Problem } from '../api/problem';
import { SignOutReason, StoredSession } from './session-repository';

const A_DAY_MS = 86_400_000;
/** The API's lifetimes (`mysms/users/models.py`), less a day, because clocks differ. */
const SURE_WITHOUT_USE_MS = 29 * A_DAY_MS;
const SURE_IN_ALL_MS = 89 * A_DAY_MS;

/**
 * Why a session that the API calls ended has ended. The API knows only whether its token can be from this server: it cannot
 * if the secret that signed it has been replaced. Otherwise, a session that is too young to have expired was ended on
 * purpose: from here, if this browser has asked for that, or else on another device, by a new password, or with the account.
 * (Or a restored database does not have it, which looks the same.)
 */
export function reasonOfEnd(
  { startedAt = -Infinity, renewedAt = -Infinity, endsHere }: StoredSession,
  { members }: Problem,
  now: number,
): SignOutReason {
  if (members['reason'] === 'unknown_token') return 'session-ended';
  if (endsHere) return endsHere;
  const isYoung =
    Math.abs(now - renewedAt) < SURE_WITHOUT_USE_MS && Math.abs(now - startedAt) < SURE_IN_ALL_MS;
  return isYoung ? 'ended-elsewhere' : 'session-ended';
}
