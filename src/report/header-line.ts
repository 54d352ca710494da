/** The line that every report opens with: how much was seen, and what was not. */
import type { TraceReader } from '../trace/reader.js';
import { formatTime } from './format-time.js';

export function headerLine(trace: TraceReader): string {
  const { coverage } = trace;
  const threads = trace.threads.filter((thread) => thread !== undefined).length;
  const lost = trace.losses.reduce((sum, loss) => sum + loss.count, 0);
  const facts = [
    plural(trace.calls, 'call'),
    plural(threads, 'thread'),
    formatTime(trace.endTime),
    `${lost} lost`,
    `${coverage.probed} of ${plural(coverage.found, 'function')} probed`,
  ];
  if (coverage.failed > 0) facts.push(`${plural(coverage.failed, 'probe')} failed`);
  if (trace.missing > 0) facts.push(`${plural(trace.missing, 'event')} missing: the file was damaged`);
  if (!trace.finished) facts.push('unfinished: the recorder is still at work, or was killed');
  return `# utrace: ${facts.join(', ')}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
