/**
 * Command line -> raw options, by the parser of yargs and the option table. `record` and `report` as first word
 * stand for `--record` and `--report`. The words after `--` are the command's and are not looked at.
 */
import { Parser } from 'yargs/helpers';
import { expandShortOptions } from './expand-short.js';
import { type Mode, OPTIONS } from './option-table.js';
import { misplaced, missingValue, repeated, strayWord, unknownOption, usage } from './usage-errors.js';

export interface RawOptions {
  readonly mode: Mode;
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  /** The words after `--`; undefined where there was no `--`. */
  readonly words: readonly string[] | undefined;
}

/** @throws UtraceError UNKNOWN_OPTION, USAGE, REPEATED_OPTION, MISPLACED_OPTION */
export function parseCommandLine(argv: readonly string[]): RawOptions {
  const end = argv.indexOf('--');
  const ours = expandSynonym(end < 0 ? argv : argv.slice(0, end));
  const parsed = parseWords(ours);
  // A value that begins with a dash is taken for an option: the missing value is what to tell.
  const raw = { ...collect(parsed), words: end < 0 ? undefined : argv.slice(end + 1) };
  rejectUnknown(parsed);
  rejectStray(parsed, ours);
  rejectFlagValues(ours);
  const mode = modeOf(raw.flags);
  // Whoever asks for help need not get the rest right.
  if (!raw.flags.has('help') && !raw.flags.has('version')) rejectMisplaced(mode, raw);
  return { mode, ...raw };
}

function expandSynonym(words: readonly string[]): readonly string[] {
  const [first, ...rest] = words;
  return first === 'record' || first === 'report' ? [`--${first}`, ...rest] : words;
}

type Parsed = ReadonlyMap<string, unknown>;

/** What yargs is lenient about (missing values, unknown options, stray words) is left to the checks below. */
function parseWords(argv: readonly string[]): Parsed {
  const { argv: parsed, error } = Parser.detailed(expandShortOptions(argv), {
    boolean: namesOf('flag'),
    string: [...namesOf('value'), ...namesOf('list')],
    alias: Object.fromEntries(
      OPTIONS.flatMap(({ name, alias }) => (alias === undefined ? [] : [[name, alias]])),
    ),
    configuration: {
      // `--no-lib` is an option of its own, not the negation of `--lib`.
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'halt-at-non-option': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
    },
  });
  if (error) throw usage(error.message);
  return new Map(Object.entries(parsed));
}

function namesOf(...kinds: readonly string[]): string[] {
  return OPTIONS.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name);
}

function rejectUnknown(parsed: Parsed): void {
  const known = new Set<string>([...OPTIONS.map(({ name }) => name), '_']);
  for (const key of parsed.keys()) if (!known.has(key)) throw unknownOption(key);
}

function rejectStray(parsed: Parsed, argv: readonly string[]): void {
  const stray = strings(parsed.get('_'));
  if (stray.length > 0) throw strayWord(argv.slice(0, argv.length - stray.length), stray);
}

/** `--flat=false` is understood, `--flat=no` would silently mean it. */
function rejectFlagValues(argv: readonly string[]): void {
  for (const word of argv) {
    const [, name = '', value] = /^--([^=]+)=(.*)$/s.exec(word) ?? [];
    if (value === undefined || value === 'true' || value === 'false') continue;
    if (namesOf('flag').includes(name)) throw usage(`--${name} takes no value, not '${value}'`);
  }
}

function collect(parsed: Parsed): Omit<RawOptions, 'mode' | 'words'> {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const lists = new Map<string, readonly string[]>();
  for (const { name, kind } of OPTIONS) {
    const value = parsed.get(name);
    if (value === undefined) continue;
    if (kind === 'flag') {
      // The last one counts: `--flat --flat=false`.
      if (Array.isArray(value) ? value.at(-1) === true : value === true) flags.add(name);
      continue;
    }
    const given = strings(value);
    if (given.includes('')) throw missingValue(name);
    if (kind === 'list') lists.set(name, given);
    else if (given.length > 1) throw repeated(name, given);
    else values.set(name, given[0] ?? '');
  }
  return { flags, values, lists };
}

function strings(value: unknown): string[] {
  return value === undefined ? [] : [value].flat().map(String);
}

function modeOf(flags: ReadonlySet<string>): Mode {
  const chosen = (['list', 'record', 'report', 'summary'] as const).filter((mode) => flags.has(mode));
  if (chosen.length > 1) {
    throw usage(
      `${chosen.map((mode) => `--${mode}`).join(' and ')} cannot be combined; run one after the other`,
    );
  }
  return chosen[0] ?? 'live';
}

function rejectMisplaced(mode: Mode, raw: Omit<RawOptions, 'mode'>): void {
  for (const { name, modes } of OPTIONS) {
    const given = raw.flags.has(name) || raw.values.has(name) || raw.lists.has(name);
    if (given && !modes.includes(mode)) throw misplaced(name, mode, modes);
  }
}
