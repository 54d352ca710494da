/** Quotes one word for a POSIX shell, so that a printed command can be pasted; harmless words stay bare. */
export function quoteWord(word: string): string {
  return HARMLESS.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** No `~` or `=` first: shells expand those. */
const HARMLESS = /^[\w@%+:,./-][\w@%+:,./=-]*$/;
