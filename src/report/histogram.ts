/** Histograms of call durations as text: one block a function, one line a bucket, from the first to the last that has calls. */
import { bucketStart } from '../trace/call-totals.js';
import { formatTime } from './format-time.js';

const BAR = 40;

export function renderHistogram(name: string, counts: Float64Array): string {
  const first = counts.findIndex((count) => count > 0);
  if (first < 0) return '';
  const last = counts.findLastIndex((count) => count > 0);
  const most = counts.reduce((max, count) => Math.max(max, count), 0);
  const width = String(most).length;
  const lines = [name];
  for (let bucket = first; bucket <= last; bucket++) {
    const count = counts[bucket]!;
    const bar = '#'.repeat(Math.ceil((count / most) * BAR));
    const from = formatTime(bucketStart(bucket)).padStart(10);
    lines.push(`  from ${from}  ${String(count).padStart(width)}  ${bar}`.trimEnd());
  }
  return `${lines.join('\n')}\n`;
}
