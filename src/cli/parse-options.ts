/**
 * The words of a command line as typed values, by the option table. yargs-parser (the parser of yargs,
 * which alone costs a tenth of the start-up time of the whole) knows the syntax; what it is lenient about is an error
 * here: unknown options, missing values, stray words.
 */
import parser from 'yargs-parser';
import { splitList } from '../util/list.js';
import { nearest } from '../util/nearest.js';
import { quoteWords } from '../util/words.js';
import { type FlagName, type ListName, OPTIONS, type ValueName } from './option-table.js';
import { usageError } from './usage-error.js';

export interface GivenOptions {
  /** Names of all options that were given. */
  readonly names: readonly string[];
  flag(name: FlagName): boolean;
  value(name: ValueName): string | undefined;
  list(name: ListName): readonly string[];
  /** The words after `--`; undefined where there is no `--`. */
  readonly words: readonly string[] | undefined;
}

/** Throws USAGE. */
export function parseOptions(args: readonly string[]): GivenOptions {
  const { '--': words, _: stray, ...parsed } = parser(expandShortOptions(args), CONFIGURATION);
  for (const name of Object.keys(parsed)) {
    if (!OPTIONS.some((option) => option.name === name)) throw unknownOption(name);
  }
  const values = (name: string): string[] => [parsed[name] ?? []].flat().map(String);
  for (const { name, kind } of OPTIONS) {
    if (kind !== 'flag' && values(name).some((value) => value === '')) {
      throw usageError(`--${name} needs a value`);
    }
  }
  if (stray.length > 0) throw strayWord(args, stray.map(String));
  return {
    names: OPTIONS.map(({ name }) => name).filter((name) => parsed[name] !== undefined),
    flag: (name) => [parsed[name]].flat().at(-1) === true,
    value: (name) => values(name).at(-1),
    list: (name) => values(name).flatMap(splitList),
    words: words?.map(String),
  };
}

const ofKind = (kind: string): string[] =>
  OPTIONS.filter((option) => option.kind === kind).map(({ name }) => name);

const CONFIGURATION = {
  boolean: ofKind('flag'),
  string: [...ofKind('value'), ...ofKind('list')],
  alias: Object.fromEntries(
    OPTIONS.flatMap(({ name, short }) => (short === undefined ? [] : [[name, short]])),
  ),
  configuration: {
    // --no-lib is an option of its own, not the negation of --lib.
    'boolean-negation': false,
    'camel-case-expansion': false,
    'dot-notation': false,
    'parse-numbers': false,
    'parse-positional-numbers': false,
    'greedy-arrays': false,
    'halt-at-non-option': true,
    'populate--': true,
    'strip-aliased': true,
  },
};

/** `-fmain` is `--function=main`, which yargs-parser would take for `-f -m -a -i -n`. Words after `--` stay. */
function expandShortOptions(args: readonly string[]): string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  return args.map((word, index) => {
    const [, short, value] = index < end ? (/^-([A-Za-z])=?([^]+)$/.exec(word) ?? []) : [];
    const option = OPTIONS.find((candidate) => candidate.short === short);
    return short === undefined || option === undefined || option.kind === 'flag'
      ? word
      : `--${option.name}=${value}`;
  });
}

function unknownOption(name: string): Error {
  const typed = name.length === 1 ? `-${name}` : `--${name}`;
  const near =
    name.length === 1
      ? []
      : nearest(
          name,
          OPTIONS.map((option) => option.name),
          3,
        );
  const hint =
    near.length > 0 ? `did you mean ${near.map((option) => `--${option}`).join(' or ')}?` : undefined;
  return usageError(`unknown option ${typed}`, hint);
}

/** Most often a command without `--`. */
function strayWord(args: readonly string[], stray: readonly string[]): Error {
  const before = args.slice(0, args.length - stray.length);
  const near = nearest(stray[0] ?? '', ['record', 'report'], 1);
  const synonym =
    args.length === stray.length && near.length > 0 ? `, or did you mean utrace ${near[0]}?` : '';
  return usageError(
    `unexpected word '${stray[0]}'`,
    `a command to trace stands after --: ${quoteWords(['utrace', ...before, '--', ...stray])}${synonym}`,
  );
}
