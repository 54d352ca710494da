/** `-fmain` and `-f=main` are `--function=main`; the parser of yargs would read `-f -m -a -i -n`. */
import { OPTIONS } from './option-table.js';

/** Words after `--` stay as they are. */
export function expandShortOptions(argv: readonly string[]): string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  return argv.map((word, index) => {
    const option = OPTIONS.find(({ alias, kind }) => kind !== 'flag' && word.startsWith(`-${alias}`));
    if (index >= end || option === undefined || word.length < 3) return word;
    return `--${option.name}=${word.slice(word.charAt(2) === '=' ? 3 : 2)}`;
  });
}
