import { Contact } from '../api/models';
import { wordsOfName } from '../phone-numbers/words-of-name';

/** A contact, and what it is found by. */
export interface FindableContact {
  readonly contact: Contact;
  /** Of its name and labels, without case and accents. */
  readonly words: readonly string[];
}

const collator = new Intl.Collator();
/** Those that are sorted anew with each change are nearly all the same. */
const findable = new WeakMap<Contact, FindableContact>();

/** By name, and those of one name by number. */
export function sortContacts(contacts: Iterable<Contact>): FindableContact[] {
  return [...contacts]
    .sort(
      (one, other) =>
        collator.compare(one.name, other.name) || (one.number < other.number ? -1 : 1),
    )
    .map(toFindable);
}

/** Those with words, also of labels, that begin with all of the text's, or whose number has its digits. */
export function findContacts(contacts: readonly FindableContact[], text: string): Contact[] {
  const typed = text.trim();
  if (/\d/.test(typed) && /^[\d\s+()./\u00a0-]+$/.test(typed)) {
    const digits = typed.replace(/\D/g, '').replace(/^00?/, '');
    const part = typed.startsWith('+') ? `+${digits}` : digits;
    return contacts.filter(({ contact }) => contact.number.includes(part)).map(toContact);
  }
  const words = wordsOfName(typed);
  if (words.length === 0 && typed !== '') return [];
  return contacts
    .filter((each) => words.every((word) => each.words.some((own) => own.startsWith(word))))
    .map(toContact);
}

function toFindable(contact: Contact): FindableContact {
  const known = findable.get(contact);
  if (known) return known;
  const made = { contact, words: wordsOfName([contact.name, ...contact.labels].join(' ')) };
  findable.set(contact, made);
  return made;
}

function toContact({ contact }: FindableContact): Contact {
  return contact;
}
