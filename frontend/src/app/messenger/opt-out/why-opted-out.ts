import { OptOut } from '../../api/models';
import { shortDateAndTime } from '../../i18n/formats';
import { optOutTexts } from '../../i18n/opt-out-texts';

/** A sentence about somebody who has opted out, and when. */
export function whyOptedOut({ latest }: OptOut, name: string): string {
  if (!latest) return '';
  const date = shortDateAndTime(new Date(latest.at));
  const reason = latest.reason ?? '';
  switch (latest.source) {
    case 'keyword':
      return optOutTexts.keyword(name, reason, date);
    case 'provider':
      return optOutTexts.provider(name, date);
    case 'refused':
      return optOutTexts.refused(name, date);
    case 'manual':
      return optOutTexts.manual(name, date, reason);
  }
}
