/** What a recording came to, in a line. */
import type { RecordResult } from '../record/result.js';

export function resultLine({ calls, lost, probed, found, failed }: RecordResult): string {
  const failures = failed > 0 ? `, ${failed} probes failed` : '';
  return `${calls} calls, ${lost} lost, ${probed} of ${found} functions probed${failures}`;
}
