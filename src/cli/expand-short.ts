/** `-fmain` and `-f=main` are `--function=main`; the parser of yargs would read `-f -m -a -i -n`. */
import { OPTIONS } from './option-table.js';

/** `words` are those before `--`. */
export function expandShortOptions(words: readonly string[]): string[] {
  return words.map((word) => {
    const option = OPTIONS.find(({ alias, kind }) => kind !== 'flag' && word.startsWith(`-${alias}`));
    if (option === undefined || word.length < 3) return word;
    return `--${option.name}=${word.slice(word.charAt(2) === '=' ? 3 : 2)}`;
  });
}
