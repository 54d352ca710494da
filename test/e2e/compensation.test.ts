/**
 * The measured cost of the probes comes out of the times. Arithmetic on the trace's own events and costs: how near the
 * result comes to the untraced program's times hangs on the load of the machine, and is no matter for a test.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, expect, it } from 'vitest';
import { describePrivileged, fixture, report, run, utracePath } from './run.js';

interface TraceEvent {
  readonly ph: string;
  readonly name?: string;
  /** us */
  readonly ts: number;
}

describePrivileged('compensation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'utrace-compensation-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('takes out of a caller what the probes of its 500 calls cost outside of them', async () => {
    const trace = join(folder, 'burn.data');
    // A cache of its own: the costs are measured now.
    const env = { ...process.env, XDG_CACHE_HOME: mkdtempSync(join(folder, 'cache-')) };
    const recording = [utracePath, '--record', '-o', trace, '-f', 'work,empty', '--', fixture('burn')];
    const { status, stderr } = await run(recording, { env });
    expect(status).toBe(0);
    expect(stderr).toContain('10020 calls');
    const raw = selfTimes(await report(trace, 'chrome'));
    const compensated = selfTimes(await report(trace, 'chrome', '--compensate'));
    expect(raw).toHaveLength(20);
    const expected = 500 * costsOf(trace, 'empty').outside + costsOf(trace, 'work').inside;
    const taken = raw.map((time, i) => time - compensated[i]!).sort((x, y) => x - y);
    // A call that took less than its probes cost on average stops the clock: the median is spared that.
    expect(Math.abs(taken[10]! / expected - 1)).toBeLessThan(0.1);
  });

  it('is the default of the summary alone, and says so', async () => {
    const trace = join(folder, 'default.data');
    await run([utracePath, '--record', '-o', trace, '--', fixture('fib')]);
    const taken = 'cost of probes taken out';
    expect(await report(trace, 'summary')).toContain(taken);
    expect(await report(trace, 'summary', '--no-compensate')).not.toContain(taken);
    expect(await report(trace, 'call-graph')).not.toContain(taken);
    expect(await report(trace, 'call-graph', '--compensate')).toContain(taken);
  });
});

/** Self times of the calls of `work`, ns. */
function selfTimes(chrome: string): number[] {
  const { traceEvents } = JSON.parse(chrome) as { traceEvents: readonly TraceEvent[] };
  const stack: { name: string; start: number; inside: number }[] = [];
  const times: number[] = [];
  for (const { ph, name = '', ts } of traceEvents) {
    if (ph === 'B') stack.push({ name, start: ts, inside: 0 });
    if (ph !== 'E') continue;
    const call = stack.pop()!;
    const caller = stack.at(-1);
    if (caller !== undefined) caller.inside += ts - call.start;
    if (call.name === 'work') times.push(1000 * (ts - call.start - call.inside));
  }
  return times;
}

/** As the trace states them for this function's probe, ns. */
function costsOf(trace: string, name: string): { inside: number; outside: number } {
  const db = new Database(trace, { readonly: true });
  try {
    return db
      .prepare(
        `SELECT inside, outside FROM probe_cost JOIN probe ON probe_cost.kind = probe.instruction
         JOIN function ON function.id = probe.function WHERE function.name = ?`,
      )
      .get(name) as { inside: number; outside: number };
  } finally {
    db.close();
  }
}
