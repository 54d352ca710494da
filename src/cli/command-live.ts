/** `utrace -c CMD`, `utrace -p PID`: the call graph while the program runs. */
import { record } from '../record/record.js';
import type { CommandEnd } from './command-end.js';
import { liveView } from './live-view.js';
import { displayOptions, recordOptions } from './normalise.js';
import type { RawOptions } from './parse.js';
import { say } from './say.js';
import { totalsLine } from './totals-line.js';

export async function runLive(raw: RawOptions): Promise<CommandEnd> {
  const options = recordOptions(raw);
  const view = liveView(displayOptions(raw), raw.values.get('output'));
  const result = await record(options, { kind: 'live', sink: view.sink }, say);
  await view.close();
  say(totalsLine(result));
  return result;
}
