/** Lines for people, on stderr: stdout belongs to the target or to the report. */
import { writeSync } from 'node:fs';

export function say(line: string): void {
  try {
    writeSync(2, `utrace: ${line}\n`);
  } catch {
    // Nobody listens any more; the work goes on.
  }
}
