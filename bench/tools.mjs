/** How each tracer is told to do the same work. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../scripts/lib/run.mjs';
import { folder, program } from './programs.mjs';

const bin = join(projectRoot, 'bin/utrace');
export const tracePath = join(folder, 'utrace.data');
export const uftracePath = join(folder, 'uftrace.data');

export const symbolOf = { push: 'first_push', endbr64: 'first_endbr64', sub: 'first_sub', library: 'labs' };

export const utrace = {
  record: (argv, ...options) => [bin, '--record', '-o', tracePath, ...options, '--', ...argv],
  attach: (pid) => [bin, '--record', '-o', tracePath, '-p', `${pid}`],
  report: (format = 'summary') => [bin, '--report', '-i', tracePath, `--format=${format}`],
  /** One empty function alone, as for bpftrace. */
  cost: (kind, argv) => utrace.record([program('cost'), ...argv], '-f', symbolOf[kind]),
  /** Counts and sums in the kernel, like bpftrace; with self times and histograms. */
  sumUp: (kind, argv) => [
    bin,
    '--summary',
    '-o',
    '/dev/null',
    '-f',
    symbolOf[kind],
    '--',
    program('cost'),
    ...argv,
  ],
};

/** Counts and sums durations in the kernel; it stores no events. */
export const bpftrace = {
  cost: (kind, argv) => {
    const file = kind === 'library' ? '/lib/x86_64-linux-gnu/libc.so.6' : program('cost');
    return ['bpftrace', '-e', countAndTime(file, symbolOf[kind]), '-c', [program('cost'), ...argv].join(' ')];
  },
  attach: (pid, count) => [
    'bpftrace',
    '-p',
    `${pid}`,
    '-e',
    countAndTime(program(`many-${count}`), 'call_*'),
  ],
};

function countAndTime(file, symbol) {
  return (
    `uprobe:${file}:${symbol} { @start[tid] = nsecs; } ` +
    `uretprobe:${file}:${symbol} /@start[tid]/ { @calls = count(); @time = sum(nsecs - @start[tid]); delete(@start[tid]); }`
  );
}

export const uftrace = {
  record: (argv, ...options) => {
    rmSync(uftracePath, { recursive: true, force: true });
    return ['uftrace', 'record', '--no-pager', '-d', uftracePath, ...options, ...argv];
  },
  report: () => ['uftrace', 'report', '--no-pager', '-d', uftracePath],
  cost: (_kind, argv) => uftrace.record([program('cost-pg'), ...argv]),
};
