import { StoredSession } from './session-storage';

const A_DAY_MS = 86_400_000;
/** The API's lifetimes (`mysms/users/models.py`), less a day, because clocks differ. */
const SURE_WITHOUT_USE_MS = 29 * A_DAY_MS;
const SURE_IN_ALL_MS = 89 * A_DAY_MS;

/**
 * Whether a session that the API has ended was ended on purpose and not from this browser: on another device, by a new
 * password, or with the account. The API does not say; but it is too young to have expired, and this browser has asked
 * for nothing that ends it.
 */
export function wasEndedElsewhere(session: StoredSession, now: number): boolean {
  const { startedAt = -Infinity, renewedAt = -Infinity, endsHere = false } = session;
  const isYoung =
    Math.abs(now - renewedAt) < SURE_WITHOUT_USE_MS && Math.abs(now - startedAt) < SURE_IN_ALL_MS;
  return isYoung && !endsHere;
}
