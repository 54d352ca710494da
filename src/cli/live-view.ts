/** Where live output goes: stderr, or the file that `-o` names. */
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { LiveCallGraph, type LiveOptions } from '../report/live.js';
import { notWritable, openOutput } from './output.js';
import { say } from './say.js';

export interface LiveOutput {
  readonly out: Writable;
  /** Resolves when everything shown has left. @throws UtraceError OUTPUT_NOT_WRITABLE where something could not. */
  close(): Promise<void>;
}

export interface LiveView {
  readonly sink: LiveCallGraph;
  readonly close: LiveOutput['close'];
}

/** @throws UtraceError OUTPUT_NOT_WRITABLE */
export function liveView(options: LiveOptions, path: string | undefined): LiveView {
  const { out, close } = liveOutput(path);
  const sink = path === undefined ? new LiveCallGraph(options, out) : new PatientCallGraph(options, out);
  return { sink, close };
}

/** @throws UtraceError OUTPUT_NOT_WRITABLE */
export function liveOutput(path: string | undefined): LiveOutput {
  const { stderr } = process;
  if (path === undefined) return { out: stderr, close: () => flushed(stderr) };
  const file = createWriteStream(path, { fd: openOutput(path) });
  let failure: NodeJS.ErrnoException | undefined;
  file.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    failure = error;
    say(`cannot write to ${path}: ${error.code}; the target runs on`);
  });
  return {
    out: file,
    close: async () => {
      await ended(file);
      if (failure !== undefined) throw notWritable(path, failure);
    },
  };
}

/** What fails to be written stops the output alone; it is told at the end, and the target is let be. */
class PatientCallGraph extends LiveCallGraph {
  override settled(): Promise<void> | undefined {
    return super.settled()?.catch(() => {});
  }
}

function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) return resolve();
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}

function ended(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) return resolve();
    stream.once('close', resolve);
    stream.end();
  });
}
