/** The header's way into the `meta` table and back: every value is text, lists and options are JSON. */
import type { TraceHeader } from './model.js';

export function headerToMeta(header: TraceHeader): [key: string, value: string][] {
  return [
    ['utrace_version', header.utraceVersion],
    ['command', JSON.stringify(header.command)],
    ['mode', header.mode],
    ['working_directory', header.workingDirectory],
    ['host', header.host],
    ['kernel', header.kernel],
    ['machine', header.machine],
    ['cpus', String(header.cpus)],
    ['clock', header.clock],
    ['start_monotonic', String(header.startMonotonic)],
    ['start_realtime', String(header.startRealtime)],
    ['engine', header.engine],
    ['options', JSON.stringify(header.options)],
  ];
}

/** Keys that are missing or odd become neutral values: a report never fails for a header fact. */
export function metaToHeader(meta: ReadonlyMap<string, string>): TraceHeader {
  const text = (key: string): string => meta.get(key) ?? '';
  const engine = text('engine');
  return {
    utraceVersion: text('utrace_version'),
    command: words(parse(text('command'))),
    mode: text('mode') === 'attach' ? 'attach' : 'launch',
    workingDirectory: text('working_directory'),
    host: text('host'),
    kernel: text('kernel'),
    machine: text('machine'),
    cpus: Number(text('cpus')) || 0,
    clock: 'CLOCK_MONOTONIC',
    startMonotonic: integer(text('start_monotonic')),
    startRealtime: integer(text('start_realtime')),
    engine: engine === 'multi' || engine === 'tracefs' ? engine : 'session',
    options: record(parse(text('options'))),
  };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function words(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function integer(digits: string): bigint {
  return /^-?\d+$/.test(digits) ? BigInt(digits) : 0n;
}
