/** Where the live call graph goes: stderr, or the file that `-o` names. */
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { LiveCallGraph } from '../report/live.js';
import type { DisplayOptions } from './normalise.js';
import { openOutput } from './output.js';

export interface LiveView {
  readonly sink: LiveCallGraph;
  /** Resolves when everything shown has left. */
  close(): Promise<void>;
}

/** @throws UtraceError OUTPUT_NOT_WRITABLE */
export function liveView(display: DisplayOptions, outputPath: string | undefined): LiveView {
  const out: Writable =
    outputPath === undefined ? process.stderr : createWriteStream('', { fd: openOutput(outputPath) });
  const sink = new LiveCallGraph(display, out);
  return { sink, close: () => (sink.closed ? Promise.resolve() : closeOutput(out)) };
}

function closeOutput(out: Writable): Promise<void> {
  return new Promise((resolve) => {
    out.once('error', () => resolve());
    if (out === process.stderr) out.write('', () => resolve());
    else out.end(resolve);
  });
}
