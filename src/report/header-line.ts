/** The line that every report opens with: how much was seen, and what was not. */
import type { TraceReader } from '../trace/reader.js';
import type { Ns } from '../util/units.js';
import { formatTime } from './format-time.js';

export interface HeaderFacts {
  readonly calls: number;
  readonly threads: number;
  readonly span: Ns;
  readonly lost: number;
  readonly coverage: Coverage;
}

export interface Coverage {
  readonly found: number;
  readonly probed: number;
  readonly failed: number;
}

/** `compensated`: the cost of the probes is not in the times. */
export function headerLine(trace: TraceReader, compensated = false): string {
  const facts: string[] = [];
  if (compensated) facts.push('cost of probes taken out');
  if (trace.stopped > 0) facts.push(`target stopped for ${formatTime(trace.stopped)}, in no time shown`);
  if (trace.missing > 0) facts.push(`${plural(trace.missing, 'event')} missing: the file was damaged`);
  if (!trace.finished) facts.push('unfinished: the recorder is still at work, or was killed');
  return formatHeader(
    {
      calls: trace.calls,
      threads: trace.threads.filter((thread) => thread !== undefined).length,
      span: spanOf(trace),
      lost: trace.losses.reduce((sum, loss) => sum + loss.count, 0),
      coverage: trace.coverage,
    },
    facts,
  );
}

/** `more`: what else is worth a word. */
export function formatHeader(
  { calls, threads, span, lost, coverage }: HeaderFacts,
  more: readonly string[],
): string {
  const facts = [
    plural(calls, 'call'),
    plural(threads, 'thread'),
    formatTime(span),
    `${lost} lost`,
    `${coverage.probed} of ${plural(coverage.found, 'function')} probed`,
  ];
  if (coverage.failed > 0) facts.push(`${plural(coverage.failed, 'probe')} failed`);
  return `# utrace: ${[...facts, ...more].join(', ')}`;
}

/** From the first process's start to the end of the trace. */
function spanOf(trace: TraceReader): Ns {
  const start = trace.processes.reduce((first, { start }) => Math.min(first, start), trace.endTime as number);
  return (trace.endTime - start) as Ns;
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
