/**
 * `node bench/placement.mjs`: where the probes of three real programs stand, by functions and by calls, and what a run
 * costs with them there and at the entries. Needs root and the built product. docs/placement.md has the figures.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replay } from '../dist/report/replay.js';
import { openTrace } from '../dist/trace/reader.js';
import { buildFixtures } from '../scripts/fixtures.mjs';
import { projectRoot } from '../scripts/lib/run.mjs';
import { medianOf, timed } from './measure.mjs';

const folder = mkdtempSync(join(tmpdir(), 'utrace-bench-'));
const text = join(folder, 'text');
const loop =
  'import json\nfor i in range(60): json.loads(json.dumps({str(j): [j, j / 2] for j in range(20)}))';

const programs = [
  ['SQLite -O1', [join(projectRoot, 'build/fixtures/real')], []],
  ['python3.11 -O2', ['/usr/bin/python3.11', '-S', '-c', loop], []],
  ['xz, liblzma -O2', ['xz', '-k', '-c', text], ['--nest-lib', 'liblzma*']],
];

/** Calls of each function of a trace. */
function countCalls(trace) {
  const calls = new Float64Array(trace.functions.length);
  const sink = { enter: (_thread, _time, fn) => calls[fn]++, leave() {}, advance() {} };
  for (const _ of replay(trace, 'by thread', sink));
  return calls;
}

function shares(path) {
  const trace = openTrace(path);
  const calls = countCalls(trace);
  const rows = new Map();
  const total = { functions: 0, calls: 0 };
  for (const [id, probe] of trace.probes().entries()) {
    if (probe?.status !== 'probed') continue;
    const kind = trace.functions[id].kind === 'plt' ? 'library call' : 'function';
    const key = `${kind}, ${probe.instruction === 'stepped' ? 'stepped' : 'cheap'}: ${probe.reason}`;
    const row = rows.get(key) ?? { functions: 0, calls: 0 };
    row.functions++;
    row.calls += calls[id];
    total.functions++;
    total.calls += calls[id];
    rows.set(key, row);
  }
  trace.close();
  return { rows: [...rows].sort(([, a], [, b]) => b.calls - a.calls), total };
}

const percent = (part, whole) => `${((100 * part) / whole).toFixed(1)} %`;

async function measure([title, argv, options]) {
  const trace = join(folder, 'trace.data');
  const traced = async (...more) =>
    (
      await timed([
        join(projectRoot, 'bin/utrace'),
        '--record',
        '-o',
        trace,
        ...options,
        ...more,
        '--',
        ...argv,
      ])
    ).cpu;
  const entry = await medianOf(() => traced('--placement=entry'));
  const moved = await medianOf(() => traced());
  const { rows, total } = shares(trace);
  const stepped = rows.filter(([key]) => key.includes('stepped'));
  const sum = (name) => stepped.reduce((all, [, row]) => all + row[name], 0);
  console.log(`\n${title}: ${total.functions} probes, ${total.calls} calls`);
  console.log(
    `single-stepped: ${percent(sum('functions'), total.functions)} of the probes, ${percent(sum('calls'), total.calls)} of the calls`,
  );
  console.log(
    `CPU time of the recording: ${moved.toFixed(2)} s, ${(moved / entry).toFixed(2)} of that at the entries`,
  );
  for (const [key, row] of rows) {
    console.log(
      `${percent(row.functions, total.functions).padStart(8)} of probes ${percent(row.calls, total.calls).padStart(8)} of calls  ${key}`,
    );
  }
}

try {
  await buildFixtures(['real']);
  writeFileSync(text, 'one line after another, and each of them the same\n'.repeat(20_000));
  for (const program of programs) await measure(program);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
