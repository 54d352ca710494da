/**
 * Trace Event Format (JSON object form, B and E events), as Perfetto and chrome://tracing open it:
 * https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU. `ts` is in us with the
 * ns as decimals. Written as it is replayed, thread after thread: memory does not grow with the calls.
 */
import { basename } from 'node:path';
import { Leave } from '../../trace/model.js';
import type { TraceReader } from '../../trace/reader.js';
import type { FunctionId, Ns, ThreadId } from '../../util/units.js';
import { ByteText } from '../byte-text.js';
import type { CallVisitor } from '../call-stacks.js';
import { headerLine } from '../header-line.js';
import { EncodedNames, functionLabel } from '../names.js';
import type { ReportOptions } from '../options.js';
import type { Format } from './format.js';

export function chromeFormat(
  trace: TraceReader,
  options: ReportOptions,
  write: (chunk: Uint8Array) => void,
): Format {
  const out = new ByteText(write);
  return {
    order: 'by thread',
    visitor: new ChromeEvents(trace, options, out),
    opensWithHeader: false,
    begin: () => out.text(`{"displayTimeUnit":"ns","traceEvents":[\n${metadata(trace).join(',\n')}`),
    end() {
      out.text(`\n],"otherData":${JSON.stringify(otherData(trace))}}\n`);
      out.flush();
    },
  };
}

class ChromeEvents implements CallVisitor {
  /** `,"name":"..."}` by function. */
  private readonly names: EncodedNames;
  /** `,"pid":1,"tid":1` by thread. */
  private readonly owners: EncodedNames;
  /** The first event follows the metadata, of which there may be none. */
  private separator: Uint8Array;

  constructor(
    trace: TraceReader,
    options: ReportOptions,
    private readonly out: ByteText,
  ) {
    this.names = new EncodedNames(
      (fn) => `,"name":${JSON.stringify(functionLabel(trace.functions[fn], options.libname))}}`,
    );
    this.owners = new EncodedNames((thread) => {
      const row = trace.threads[thread];
      return `,"pid":${pidOf(trace, row?.process)},"tid":${row?.tid ?? 0}`;
    });
    this.separator = trace.processes.length > 0 || trace.threads.length > 0 ? SEPARATOR : NO_SEPARATOR;
  }

  enter(thread: ThreadId, time: Ns, fn: FunctionId): void {
    this.event(BEGIN, thread, time);
    this.out.bytes(this.names.get(fn));
  }

  leave(
    thread: ThreadId,
    time: Ns,
    _fn: FunctionId,
    _depth: number,
    _start: Ns,
    _self: Ns,
    how: Leave,
  ): void {
    this.event(END, thread, time);
    this.out.bytes(ENDINGS[how]);
  }

  private event(phase: Uint8Array, thread: ThreadId, time: Ns): void {
    const { out } = this;
    out.bytes(this.separator);
    this.separator = SEPARATOR;
    out.bytes(phase);
    out.thousandths(time);
    out.bytes(this.owners.get(thread));
  }
}

/** Names of processes and threads, as events of phase M. */
function metadata(trace: TraceReader): string[] {
  const processes = trace.processes.map((process) =>
    JSON.stringify({
      ph: 'M',
      name: 'process_name',
      pid: process.pid,
      tid: process.pid,
      args: { name: basename(process.executable) },
    }),
  );
  const threads = trace.threads.flatMap((thread) =>
    thread === undefined
      ? []
      : JSON.stringify({
          ph: 'M',
          name: 'thread_name',
          pid: pidOf(trace, thread.process),
          tid: thread.tid,
          args: { name: thread.name },
        }),
  );
  return [...processes, ...threads];
}

function otherData(trace: TraceReader): Record<string, string> {
  const { header } = trace;
  return {
    summary: headerLine(trace).replace(/^# /, ''),
    utrace: header.utraceVersion,
    command: header.command.join(' '),
    host: header.host,
    kernel: header.kernel,
    machine: header.machine,
    clock: header.clock,
    start_monotonic_ns: String(header.startMonotonic),
    start_realtime_ns: String(header.startRealtime),
  };
}

function pidOf(trace: TraceReader, process: number | undefined): number {
  return trace.processes.find((row) => row.id === process)?.pid ?? 0;
}

const SEPARATOR = Buffer.from(',\n');
const NO_SEPARATOR = Buffer.from('');
const BEGIN = Buffer.from('{"ph":"B","ts":');
const END = Buffer.from('{"ph":"E","ts":');
const ENDINGS = {
  [Leave.Returned]: Buffer.from('}'),
  [Leave.Unwound]: Buffer.from(',"args":{"ended":"unwound"}}'),
  [Leave.Open]: Buffer.from(',"args":{"ended":"not returned"}}'),
};
