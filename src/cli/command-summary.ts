/** `utrace --summary`: calls and times by function, summed up in the kernel while the program runs. */
import type { Writable } from 'node:stream';
import { aggregate } from '../record/aggregate.js';
import { SummaryView, type TerminalSize } from '../report/summary-view.js';
import type { CommandEnd } from './command-end.js';
import { liveOutput } from './live-view.js';
import { aggregateOptions, displayOptions, summaryColumns } from './normalise.js';
import type { RawOptions } from './parse.js';
import { say } from './say.js';

export async function runSummary(raw: RawOptions): Promise<CommandEnd> {
  const options = aggregateOptions(raw);
  const live = liveOutput(raw.values.get('output'));
  const view = new SummaryView(
    {
      columns: summaryColumns(raw),
      libname: displayOptions(raw).libname,
      histogram: raw.flags.has('histogram'),
      repeated: options.interval !== undefined,
      size: () => terminalSize(live.out),
    },
    live.out,
  );
  const result = await aggregate(options, view, say);
  view.end(result.snapshot);
  await live.close();
  return result;
}

function terminalSize(out: Writable): TerminalSize | undefined {
  const { stderr } = process;
  if (out !== stderr || stderr.isTTY !== true) return undefined;
  return { rows: stderr.rows, columns: stderr.columns };
}
