/** What a name, or a search for one, is compared by: its words without case, accents and punctuation. */
export function wordsOfName(text: string): string[] {
  const folded = text.normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase();
  return folded.split(/[^\p{L}\p{N}\p{S}]+/u).filter((word) => word !== '');
}
