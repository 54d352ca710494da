/** What is measured. Each scenario returns rows: `what`, `unit`, and a figure for each tracer (undefined: not possible). */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot, runQuietly, ScriptError } from '../scripts/lib/run.mjs';
import { median, medianOf, runs, timed } from './measure.mjs';
import { folder, program } from './programs.mjs';
import { bpftrace, symbolOf, tracePath, uftrace, uftracePath, utrace } from './tools.mjs';

export const scenarios = new Map([
  ['cost', costOfCall],
  ['attach', attachAndDetach],
  ['volume', tenMillionCalls],
  ['start', startUp],
]);

/** CPU time of one traced call, taken by the traced program itself around its loop; the untraced loop is subtracted. */
async function costOfCall() {
  const calls = 200_000;
  const rows = [];
  for (const kind of Object.keys(symbolOf)) {
    const file = join(folder, 'cost.txt');
    const argv = [kind, `${calls}`, file];
    const perCall = async (command) => {
      await timed(command);
      return Number(readFileSync(file, 'utf8')) / calls / 1000;
    };
    const untraced = await medianOf(() => perCall([program('cost'), ...argv]));
    const row = { what: `CPU time of a traced call, ${titles[kind]}`, unit: 'us' };
    for (const [name, tool] of Object.entries({ utrace, bpftrace, uftrace })) {
      row[name] = (await medianOf(() => perCall(tool.cost(kind, argv)))) - untraced;
    }
    const summed = {
      what: 'the same, summed up in the kernel (`--summary`)',
      unit: 'us',
      bpftrace: row.bpftrace,
    };
    summed.utrace = (await medianOf(() => perCall(utrace.sumUp(kind, argv)))) - untraced;
    rows.push(row, summed);
  }
  return rows;
}

const titles = {
  push: '`push` first',
  endbr64: '`endbr64` first',
  sub: '`sub rsp` first',
  library: 'library call',
};

/** From the start of the command to its last probe, and from SIGINT to its end; then a launched run as a whole. */
async function attachAndDetach() {
  const ours = await attachTimes((pid) => utrace.attach(pid), 5000, runs);
  const theirs = await attachTimes((pid) => bpftrace.attach(pid, 200), 200, 1);
  const whole = { what: 'whole run of 5000 functions, each called once', unit: 's' };
  whole.utrace = await medianOf(async () => (await timed(utrace.record([program('many-5000')]))).wall);
  whole.uftrace = await medianOf(async () => (await timed(uftrace.record([program('many-5000-pg')]))).wall);
  return [
    {
      what: 'attach to 5000 functions (bpftrace: to 200)',
      unit: 's',
      utrace: ours.attach,
      bpftrace: theirs.attach,
    },
    {
      what: 'detach from 5000 functions (bpftrace: from 200)',
      unit: 's',
      utrace: ours.detach,
      bpftrace: theirs.detach,
    },
    whole,
  ];
}

async function attachTimes(commandFor, count, times) {
  const attach = [];
  const detach = [];
  for (let i = 0; i < times; i++) {
    const target = spawn(program(`many-${count}`), ['wait'], { stdio: ['pipe', 'ignore', 'ignore'] });
    try {
      const times = await attachOnce(commandFor(target.pid), target.pid, count);
      attach.push(times.attach);
      detach.push(times.detach);
    } finally {
      target.stdin.end();
    }
  }
  return { attach: median(attach), detach: median(detach) };
}

async function attachOnce([command, ...args], pid, count) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  const start = performance.now();
  const tool = spawn(command, args, {
    stdio: 'ignore',
    env: { ...process.env, BPFTRACE_MAX_PROBES: '20000' },
  });
  const ended = new Promise((resolve) => tool.on('close', resolve));
  await probed(pid, tool, program(`many-${count}`), ['call_0', `call_${count - 1}`]);
  const attached = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const stop = performance.now();
  tool.kill('SIGINT');
  await ended;
  return { attach: (attached - start) / 1000, detach: (performance.now() - stop) / 1000 };
}

/** Waits until the functions differ from the file: a breakpoint stands in their first bytes. */
async function probed(pid, tool, path, names) {
  const offsets = await symbolOffsets(path, names);
  const base = Number.parseInt(readFileSync(`/proc/${pid}/maps`, 'utf8').split('-')[0], 16);
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const read = (offset) => {
    const bytes = Buffer.alloc(8);
    readSync(memory, bytes, 0, 8, base + offset);
    return bytes.toString('hex');
  };
  const original = offsets.map(read);
  while (!offsets.every((offset, i) => read(offset) !== original[i])) {
    if (tool.exitCode !== null)
      throw new ScriptError(`the tracer ended (${tool.exitCode}) before its probes stood`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  closeSync(memory);
}

/** Symbol values; the generated programs are position-independent and mapped from their first byte. */
async function symbolOffsets(path, names) {
  const lines = (await runQuietly('nm', [path])).split('\n');
  return names.map((name) =>
    Number.parseInt(
      lines.find((line) => line.endsWith(` ${name}`)),
      16,
    ),
  );
}

/** fib(33) makes 11,405,773 calls. */
async function tenMillionCalls() {
  const calls = 11_405_773;
  await timed(utrace.record([program('fib'), '33']));
  await timed(uftrace.record([program('fib-pg'), '33']));
  const ours = [];
  const theirs = [];
  for (let i = 0; i < runs; i++) {
    ours.push(await timed(utrace.report()));
    theirs.push(await timed(uftrace.report()));
  }
  const of = (results, key) => median(results.map((result) => result[key]));
  return [
    {
      what: 'bytes a call',
      unit: 'B',
      utrace: statSync(tracePath).size / calls,
      uftrace: folderSize(uftracePath) / calls,
    },
    { what: 'summary of 11.4 M calls', unit: 's', utrace: of(ours, 'wall'), uftrace: of(theirs, 'wall') },
    {
      what: 'memory of that summary',
      unit: 'MB',
      utrace: of(ours, 'memory') / 1e6,
      uftrace: of(theirs, 'memory') / 1e6,
    },
  ];
}

function folderSize(path) {
  return readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
}

async function startUp() {
  const bin = join(projectRoot, 'bin/utrace');
  const wall = (argv) => medianOf(async () => (await timed(argv)).wall * 1000, 11);
  return [
    {
      what: '`--help`',
      unit: 'ms',
      utrace: await wall([bin, '--help']),
      uftrace: await wall(['uftrace', '--help']),
    },
    { what: '`--version`', unit: 'ms', utrace: await wall([bin, '--version']) },
  ];
}
