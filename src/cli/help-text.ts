/** Help pages from the option table. */
import { type Mode, OPTIONS, type OptionDefinition } from './option-table.js';

export type HelpPage = 'utrace' | 'record' | 'report';

const WIDTH = 100;
const COLUMN = 30;

const USAGE: Readonly<Record<HelpPage, string>> = {
  utrace: `utrace: every function call of an unmodified program, through the kernel's uprobes.

Usage:
  utrace [options] -c "CMD ARGS"       live call graph of a command
  utrace [options] -- CMD ARGS         the same, words as they are
  utrace [options] -p PID              live call graph of a running process
  utrace --record [options] ...        write a trace file instead   (utrace record --help)
  utrace --report [options]            read a trace file            (utrace report --help)
  utrace --summary [options] ...       calls and times by function, summed up in the kernel
  utrace --list [options] ...          what would be probed; nothing is run
`,
  record: `utrace --record (or utrace record): trace a program into a file for utrace --report.

Usage:
  utrace --record [options] -c "CMD ARGS"
  utrace --record [options] -- CMD ARGS
  utrace --record [options] -p PID
`,
  report: `utrace --report (or utrace report): read a trace file. Needs no privilege.

Usage:
  utrace --report [--format=FORMAT] [options]
`,
};

const EXIT_STATUS = `
Exit status: the target's own (it dies by the target's signal); 125 utrace failed, 126 the command
cannot be run, 127 it was not found.
`;

const MODES: Readonly<Record<HelpPage, readonly Mode[]>> = {
  utrace: ['live', 'record', 'report', 'summary', 'list'],
  record: ['record'],
  report: ['report'],
};

export function helpText(page: HelpPage): string {
  const shown = OPTIONS.filter((option) => option.modes.some((mode) => MODES[page].includes(mode)));
  const groups = new Map<string, OptionDefinition[]>();
  for (const option of shown) groups.set(option.group, [...(groups.get(option.group) ?? []), option]);
  const sections = [...groups].map(([group, options]) => `\n${group}:\n${options.map(optionLines).join('')}`);
  return USAGE[page] + sections.join('') + (page === 'report' ? '' : EXIT_STATUS);
}

function optionLines({ name, alias, placeholder, kind, describe }: OptionDefinition): string {
  const value = placeholder === undefined ? '' : ` ${placeholder}`;
  const term = `  ${alias === undefined ? '    ' : `-${alias}, `}--${name}${value}`;
  const text = kind === 'list' ? `${describe} (repeatable, comma lists)` : describe;
  const lines = wrap(text, WIDTH - COLUMN);
  const first = term.length < COLUMN ? term.padEnd(COLUMN) + (lines.shift() ?? '') : term;
  return `${[first, ...lines.map((line) => ' '.repeat(COLUMN) + line)].join('\n')}\n`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
