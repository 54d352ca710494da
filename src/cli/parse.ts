/**
 * Command line -> raw options, by yargs from the option table. `record` and `report` as first word stand for
 * `--record` and `--report`. The words after `--` are the command's and are not looked at.
 */
import yargs from 'yargs';
import { UtraceError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import { type Mode, OPTIONS } from './option-table.js';

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
  const synonym = argv[0] === 'record' || argv[0] === 'report' ? argv[0] : undefined;
  const parsed = parseWithYargs(synonym === undefined ? argv : [`--${synonym}`, ...argv.slice(1)]);
  rejectUnknown(parsed);
  const raw = collect(parsed);
  const mode = modeOf(raw.flags);
  rejectMisplaced(mode, raw);
  return { mode, ...raw };
}

type Parsed = Readonly<Record<string, unknown>>;

function parseWithYargs(argv: readonly string[]): Parsed {
  let parser = yargs([...argv])
    .help(false)
    .version(false)
    .exitProcess(false)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'populate--': true,
      'strip-aliased': true,
    })
    .fail((message, error) => {
      throw error ?? usage(message);
    });
  for (const { name, alias, kind } of OPTIONS) {
    parser = parser.option(name, {
      ...(alias === undefined ? {} : { alias }),
      ...(kind === 'flag' ? { boolean: true } : { string: true, array: kind === 'list', requiresArg: true }),
    });
  }
  return parser.parseSync();
}

function rejectUnknown(parsed: Parsed): void {
  const names = OPTIONS.map((option) => option.name);
  const known = new Set<string>([...names, '_', '--', '$0']);
  for (const key of Object.keys(parsed)) {
    if (known.has(key)) continue;
    const dashed = key.length === 1 ? `-${key}` : `--${key}`;
    const near = nearest(key, names, 1).map((name) => `--${name}`);
    throw new UtraceError({
      code: 'UNKNOWN_OPTION',
      message: `unknown option ${dashed}`,
      hint: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'All options: utrace --help',
    });
  }
  const stray = (parsed._ as unknown[] | undefined)?.[0];
  if (stray !== undefined) {
    throw new UtraceError({
      code: 'USAGE',
      message: `'${String(stray)}' is not an option`,
      hint: 'A command to trace goes after --: utrace [options] -- CMD ARGS, or into quotes: utrace [options] -c "CMD ARGS"',
    });
  }
}

function collect(parsed: Parsed): Omit<RawOptions, 'mode'> {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const lists = new Map<string, readonly string[]>();
  for (const { name, kind } of OPTIONS) {
    const value = parsed[name];
    if (value === undefined || value === false) continue;
    if (kind === 'flag') flags.add(name);
    else if (kind === 'list') lists.set(name, (value as unknown[]).map(String));
    else if (Array.isArray(value)) {
      throw new UtraceError({
        code: 'REPEATED_OPTION',
        message: `--${name} is given ${value.length} times: ${value.join(', ')}`,
        hint: 'Give it once.',
      });
    } else values.set(name, String(value));
  }
  const words = parsed['--'] as unknown[] | undefined;
  return { flags, values, lists, words: words?.map(String) };
}

function modeOf(flags: ReadonlySet<string>): Mode {
  const chosen = (['list', 'record', 'report'] as const).filter((mode) => flags.has(mode));
  if (chosen.length > 1) {
    throw usage(
      `${chosen.map((mode) => `--${mode}`).join(' and ')} cannot be combined; run one after the other`,
    );
  }
  return chosen[0] ?? 'live';
}

const MODE_NAMES: Readonly<Record<Mode, string>> = {
  live: 'a live call graph',
  record: '--record',
  report: '--report',
  list: '--list',
};

function rejectMisplaced(mode: Mode, raw: Omit<RawOptions, 'mode'>): void {
  for (const { name, modes } of OPTIONS) {
    if (modes.includes(mode)) continue;
    if (!raw.flags.has(name) && !raw.values.has(name) && !raw.lists.has(name)) continue;
    const places = modes.map((other) => MODE_NAMES[other]);
    throw new UtraceError({
      code: 'MISPLACED_OPTION',
      message: `--${name} means nothing to ${MODE_NAMES[mode]}`,
      hint: `It belongs to ${places.join(', ')}.`,
    });
  }
}

function usage(message: string): UtraceError {
  return new UtraceError({ code: 'USAGE', message, hint: 'All options: utrace --help' });
}
