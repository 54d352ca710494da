/** What can be wrong with a command line before any value is looked at; each error with the way to what was meant. */
import { UtraceError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import { quoteWord } from '../util/shell-quote.js';
import { type Mode, OPTIONS } from './option-table.js';

const ALL_OPTIONS = 'All options: utrace --help';

export function usage(message: string, hint = ALL_OPTIONS): UtraceError {
  return new UtraceError({ code: 'USAGE', message, hint });
}

export function unknownOption(name: string): UtraceError {
  const names = OPTIONS.map((option) => option.name);
  const near = name.length === 1 ? [] : nearest(name, names, 1).map((known) => `--${known}`);
  return new UtraceError({
    code: 'UNKNOWN_OPTION',
    message: `unknown option ${name.length === 1 ? '-' : '--'}${name}`,
    hint: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : ALL_OPTIONS,
  });
}

export function missingValue(name: string): UtraceError {
  const placeholder = OPTIONS.find((option) => option.name === name)?.placeholder ?? 'VALUE';
  return usage(
    `--${name} needs a value`,
    `--${name} ${placeholder}; one that begins with a dash: --${name}=-VALUE`,
  );
}

export function repeated(name: string, values: readonly string[]): UtraceError {
  return new UtraceError({
    code: 'REPEATED_OPTION',
    message: `--${name} is given ${values.length} times: ${values.join(', ')}`,
    hint: 'Give it once.',
  });
}

/** Most often a command without `--`. `before`: the words in front of it. */
export function strayWord(before: readonly string[], stray: readonly string[]): UtraceError {
  const [first = ''] = stray;
  if (before.includes('--report')) {
    return usage(
      `unexpected word '${first}'`,
      `A trace file is named by -i: utrace --report -i ${quoteWord(first)}`,
    );
  }
  const synonym = before.length === 0 ? nearest(first, ['record', 'report'], 1)[0] : undefined;
  if (synonym !== undefined) return usage(`unknown command '${first}'`, `Did you mean utrace ${synonym}?`);
  if (before.some((word) => /^(-c|--command(=.*)?)$/s.test(word))) {
    return usage(`unexpected word '${first}'`, 'The command of -c is one word: utrace -c "CMD ARGS"');
  }
  const line = ['utrace', ...before, '--', ...stray].map(quoteWord).join(' ');
  return usage(`unexpected word '${first}'`, `A command to trace goes after --: ${line}`);
}

const MODE_NAMES: Readonly<Record<Mode, string>> = {
  live: 'a live call graph',
  record: '--record',
  report: '--report',
  summary: '--summary',
  list: '--list',
};

export function misplaced(name: string, mode: Mode, modes: readonly Mode[]): UtraceError {
  return new UtraceError({
    code: 'MISPLACED_OPTION',
    message: `--${name} means nothing to ${MODE_NAMES[mode]}`,
    hint: `It belongs to ${modes.map((other) => MODE_NAMES[other]).join(', ')}.`,
  });
}
