/**
 * One run of the command line, from its words to the end of the process. Errors become two lines on
 * stderr and an exit status; an unexpected exception shows its stack with --debug only.
 */
import { EXIT_FAILURE, UtraceError } from '../util/errors.js';
import { hintFor } from './advice.js';
import { type Command, parseCommandLine } from './command-line.js';
import { type Ending, leave } from './exit.js';

export async function run(args: readonly string[]): Promise<never> {
  // A reader that is gone is no crash: what writes there notices it by itself.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  let ending: Ending;
  try {
    ending = await execute(parseCommandLine(args, process.stdout.isTTY === true));
  } catch (error) {
    process.stderr.write(describeError(error, isDebug(args)));
    ending = { exitCode: error instanceof UtraceError ? error.exitCode : EXIT_FAILURE };
  }
  return leave(ending);
}

/** The lines for stderr, each with its newline. */
export function describeError(error: unknown, debug: boolean): string {
  const stack = debug && error instanceof Error ? `${stackOf(error)}\n` : '';
  if (!(error instanceof UtraceError)) {
    const fact = error instanceof Error ? error.message : String(error);
    const more = debug ? '' : '  this is a defect of utrace; --debug shows where it happened\n';
    return `utrace: unexpected error: ${fact}\n${more}${stack}`;
  }
  const hint = hintFor(error);
  return `utrace: ${error.message}\n${hint === undefined ? '' : `${indent(hint)}\n`}${stack}`;
}

/** Each command is imported when it is the one: a report loads no BPF, a recording no formatters. */
async function execute(command: Command): Promise<Ending> {
  switch (command.kind) {
    case 'help':
    case 'version':
      return (await import('./help.js')).printHelp(command);
    case 'record':
      return (await import('./record-command.js')).runRecord(command);
    case 'live':
      return (await import('./live-command.js')).runLive(command);
    case 'report':
      return (await import('./report-command.js')).runReport(command);
    case 'list':
      return (await import('./list-command.js')).runList(command);
    default:
      return command satisfies never;
  }
}

/** The command line may be what failed to parse. */
function isDebug(args: readonly string[]): boolean {
  const ours = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  return ours.includes('-d') || ours.includes('--debug');
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
