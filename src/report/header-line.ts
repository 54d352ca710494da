/** The line that every report opens with: how much was seen, and what was not. */
import type { TraceReader } from '../trace/reader.js';
import type { Ns } from '../util/units.js';
import { formatTime } from './format-time.js';

export function headerLine(trace: TraceReader): string {
  const { coverage } = trace;
  const threads = trace.threads.filter((thread) => thread !== undefined).length;
  const lost = trace.losses.reduce((sum, loss) => sum + loss.count, 0);
  const facts = [
    plural(trace.calls, 'call'),
    plural(threads, 'thread'),
    formatTime(spanOf(trace)),
    `${lost} lost`,
    `${coverage.probed} of ${plural(coverage.found, 'function')} probed`,
  ];
  if (trace.stopped > 0) facts.push(`target stopped for ${formatTime(trace.stopped)}, in no time shown`);
  if (coverage.failed > 0) facts.push(`${plural(coverage.failed, 'probe')} failed`);
  if (trace.missing > 0) facts.push(`${plural(trace.missing, 'event')} missing: the file was damaged`);
  if (!trace.finished) facts.push('unfinished: the recorder is still at work, or was killed');
  return `# utrace: ${facts.join(', ')}`;
}

/** From the first process's start to the end of the trace. */
function spanOf(trace: TraceReader): Ns {
  const start = trace.processes.reduce((first, { start }) => Math.min(first, start), trace.endTime as number);
  return (trace.endTime - start) as Ns;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
