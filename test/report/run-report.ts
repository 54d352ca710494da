/** Runs a report in this process and returns its text. */
import { Writable } from 'node:stream';
import type { ReportFormat, ReportOptions } from '../../src/report/options.js';
import { report } from '../../src/report/report.js';
import type { Ns } from '../../src/util/units.js';

const NOTHING = { include: [], exclude: [] };

export const DEFAULTS: Omit<ReportOptions, 'input' | 'format'> = {
  filter: { maxDepth: undefined, tid: undefined, minDuration: undefined },
  functions: NOTHING,
  libraries: NOTHING,
  nestLibraries: [],
  minSize: 0,
  compensate: false,
  columns: { avgSelf: false, avgTotal: false, percentSelf: false, percentTotal: false },
  flat: false,
  tid: false,
  timestamp: false,
  libname: false,
  sampleTime: 1000 as Ns,
  terminal: false,
};

export async function textOf(
  input: string,
  format: ReportFormat,
  options: Partial<ReportOptions> = {},
): Promise<string> {
  const out = new Collecting();
  await report({ ...DEFAULTS, ...options, input, format }, out);
  return out.text;
}

/** A slow stream with a small buffer, so that back-pressure is part of every test. */
export class Collecting extends Writable {
  text = '';

  constructor() {
    super({ highWaterMark: 16 });
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    setImmediate(done);
  }
}

/** `a;b;c 12` by stack, read without our code. */
export function parseFolded(text: string): Map<string, number> {
  const stacks = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const space = line.lastIndexOf(' ');
    const [stack, count] = [line.slice(0, space), Number(line.slice(space + 1))];
    if (stacks.has(stack)) throw new Error(`two lines for ${stack}`);
    if (!Number.isInteger(count) || count <= 0) throw new Error(`not a count: ${line}`);
    stacks.set(stack, count);
  }
  return stacks;
}

export interface ChromeEvent {
  readonly ph: string;
  readonly ts: number;
  readonly pid: number;
  readonly tid: number;
  readonly name?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

export interface ChromeCall {
  readonly name: string;
  readonly tid: number;
  /** ns */
  readonly start: number;
  readonly duration: number;
  readonly self: number;
  readonly ended: unknown;
}

/** Pairs B and E events by tid; throws where they do not balance. */
export function parseChrome(text: string): { calls: ChromeCall[]; events: ChromeEvent[]; other: unknown } {
  const { traceEvents, otherData } = JSON.parse(text) as { traceEvents: ChromeEvent[]; otherData: unknown };
  const stacks = new Map<number, { name: string; start: number; callees: number }[]>();
  const calls: ChromeCall[] = [];
  for (const { ph, tid, ts, name, args } of traceEvents) {
    const stack = stacks.get(tid) ?? [];
    stacks.set(tid, stack);
    const time = Math.round(ts * 1000);
    if (ph === 'B') stack.push({ name: name ?? '', start: time, callees: 0 });
    if (ph !== 'E') continue;
    const call = stack.pop();
    if (call === undefined) throw new Error(`E without B in ${tid}`);
    const duration = time - call.start;
    const caller = stack.at(-1);
    if (caller !== undefined) caller.callees += duration;
    calls.push({ ...call, tid, duration, self: duration - call.callees, ended: args?.ended });
  }
  for (const [tid, stack] of stacks) if (stack.length > 0) throw new Error(`B without E in ${tid}`);
  return { calls, events: traceEvents, other: otherData };
}
