/** Options that do not go together: said before anything happens, each with the way to what was probably meant. */
import { type Mode, OPTIONS, type OptionDefinition } from './option-table.js';
import type { GivenOptions } from './parse-options.js';
import { usageError } from './usage-error.js';

/** Throws USAGE. */
export function checkCombination(given: GivenOptions, mode: Mode): void {
  if (given.flag('record') && given.flag('report')) {
    throw usageError(
      '--record and --report cannot be given together',
      'record first, then report: utrace --record -- CMD ARGS; utrace --report',
    );
  }
  if (given.flag('report') && given.flag('list')) {
    throw usageError(
      '--list and --report cannot be given together',
      '--list shows what would be probed in a program; what was probed stands in the report',
    );
  }
  for (const option of OPTIONS) {
    if (given.names.includes(option.name)) checkOption(option, given, mode);
  }
  if (mode === 'report') checkReport(given);
  else checkTarget(given);
}

function checkOption(option: OptionDefinition, given: GivenOptions, mode: Mode): void {
  const { name, modes, formats } = option;
  if (!modes.includes(mode)) throw wrongMode(option, mode);
  const format = given.value('format') ?? 'call-graph';
  if (mode === 'report' && formats !== undefined && !formats.includes(format)) {
    throw usageError(
      `--${name} does nothing with --format=${format}`,
      `it belongs to --format=${formats[0]}`,
    );
  }
}

function wrongMode({ name, modes }: OptionDefinition, mode: Mode): Error {
  if (mode === 'report') {
    return usageError(
      `--${name} does nothing with --report`,
      'it works while a program runs: give it to --record',
    );
  }
  if (mode === 'record' && modes.includes('live')) {
    return usageError(
      `--${name} does nothing with --record: a trace holds everything that can be displayed`,
      `give it to the report: utrace --report --${name}`,
    );
  }
  const remedy =
    mode === 'record'
      ? 'record first, then report'
      : 'to show a trace file, add --report; to write one, --record';
  return usageError(`--${name} belongs to --report`, remedy);
}

function checkReport(given: GivenOptions): void {
  if (given.words === undefined) return;
  throw usageError(
    '--report runs nothing, yet there is a command after --',
    'record it first: utrace --record -- CMD ARGS; name another trace file with -i FILE',
  );
}

function checkTarget(given: GivenOptions): void {
  const pid = given.value('pid');
  const launches = given.value('command') !== undefined || given.words !== undefined;
  if (given.value('command') !== undefined && given.words !== undefined) {
    throw usageError('the command is given twice, with -c and after --', 'choose one of them');
  }
  if (pid !== undefined && launches) {
    throw usageError(
      '-p and a command cannot be given together',
      'attach with -p PID, or run a program with -c "CMD ARGS"',
    );
  }
  if (pid === undefined && !launches) {
    throw usageError(
      'there is nothing to trace',
      'give a command (utrace -c "CMD ARGS", utrace -- CMD ARGS), a process (-p PID), or show a trace (--report)',
    );
  }
  if (given.words?.length === 0)
    throw usageError('there is no command after --', 'utrace [options] -- CMD ARGS');
  if (pid === undefined) return;
  for (const name of ['user', 'no-randomize-addr']) {
    if (given.names.includes(name)) {
      throw usageError(
        `--${name} needs a program to start; process ${pid} runs already`,
        `leave it out, or start the program: utrace --${name} ... -c "CMD ARGS"`,
      );
    }
  }
}
