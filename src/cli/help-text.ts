/** The help texts, made from the option table. At most 100 columns. */

import type { HelpTopic } from './command-line.js';
import { OPTION_GROUPS, OPTIONS, type OptionDefinition } from './option-table.js';

export function helpText(topic: HelpTopic): string {
  const { usage, intro, notes } = TOPICS[topic];
  const options = OPTIONS.filter((option) => belongs(option, topic));
  const groups = OPTION_GROUPS.flatMap((group) => {
    const lines = options.filter((option) => option.group === group).map(optionLine);
    return lines.length === 0 ? [] : ['', `${group}:`, ...lines];
  });
  return `${[...usageLines(usage), '', ...intro, ...groups, '', ...notes].join('\n')}\n`;
}

/** For a command line without any word. */
export function usageText(): string {
  return `${[...usageLines(TOPICS.utrace.usage), '', 'All options: utrace --help'].join('\n')}\n`;
}

interface Topic {
  readonly usage: readonly string[];
  readonly intro: readonly string[];
  readonly notes: readonly string[];
}

const PATTERNS = [
  'GLOB: * ? [abc] [!abc]; repeat the option or separate with commas. `parse` also finds parse(int).',
  '      A library is meant by libc.so.6, libc.so or libc.',
  'TIME: 500ns, 10us, 1.5ms, 2s; a number without a unit is in ns.',
];

const STATUS = [
  "Exit status: the program's own (utrace dies by its signal); 125: utrace failed; 126: the program",
  'cannot be run; 127: it was not found.',
];

const TOPICS: Readonly<Record<HelpTopic, Topic>> = {
  utrace: {
    usage: [
      'utrace [options] -c "CMD ARGS"           live call graph while the program runs',
      'utrace [options] -- CMD ARGS             the same',
      'utrace [options] -p PID                  of a running process, until Ctrl-C',
      'utrace --record [options] -- CMD ARGS    write a trace file (also: utrace record)',
      'utrace --report [options]                show a trace file (also: utrace report)',
      'utrace --list [options] -- CMD ARGS      show what would be probed',
    ],
    intro: ['Traces every call of the functions of an unmodified program, and every library call it makes.'],
    notes: [...PATTERNS, '', ...STATUS],
  },
  record: {
    usage: [
      'utrace --record [options] -c "CMD ARGS"',
      'utrace --record [options] -- CMD ARGS',
      'utrace --record [options] -p PID',
    ],
    intro: ['Runs a program, or attaches to one, and writes its calls to a trace file for utrace --report.'],
    notes: [...PATTERNS, '', ...STATUS],
  },
  report: {
    usage: ['utrace --report [options]'],
    intro: ['Shows a trace file. Needs no privilege, and not the machine that it was recorded on.'],
    notes: PATTERNS,
  },
};

function usageLines(usage: readonly string[]): string[] {
  return usage.map((line, index) => `${index === 0 ? 'Usage: ' : '       '}${line}`);
}

function belongs(option: OptionDefinition, topic: HelpTopic): boolean {
  return topic === 'utrace' || option.modes.includes(topic);
}

/** Column where the explanations begin. */
const INDENT = 30;

function optionLine({ short, name, value, help }: OptionDefinition): string {
  const names = `  ${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
  const gap = names.length < INDENT - 1 ? '' : `\n`;
  return `${names}${gap}${' '.repeat(gap === '' ? INDENT - names.length : INDENT)}${help}`;
}
