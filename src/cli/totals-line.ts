/** One line on what was recorded: losses and failed probes are always said. */
import type { RecordResult } from '../record/result.js';

export function totalsLine(result: RecordResult): string {
  const failed = result.failed === 0 ? '' : `, ${result.failed} probes refused by the kernel`;
  return `${result.calls} calls, ${result.lost} events lost, ${result.probed} of ${result.found} functions probed${failed}`;
}
