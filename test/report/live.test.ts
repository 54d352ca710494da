import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { formatTime } from '../../src/report/format-time.js';
import { LiveCallGraph } from '../../src/report/live.js';
import { report } from '../../src/report/report.js';
import type { TraceFunction, TraceThread } from '../../src/trace/model.js';
import type { Ns, ThreadId } from '../../src/util/units.js';
import { deliver, writeSample } from '../trace/sample-trace.js';
import { Collecting, DEFAULTS } from './run-report.js';

describe('the live call graph', () => {
  const options = { flat: false, tid: true, timestamp: false, libname: false };
  const functions = ['main', 'work'].map((name, id) => ({ id, name })) as unknown as TraceFunction[];

  it('shows open calls at each batch, and closes them with their thread', async () => {
    const out = new Collecting();
    const live = new LiveCallGraph(options, out);
    live.begin(functions);
    live.thread({ id: 0, tid: 77 } as TraceThread);
    deliver(
      [
        [0, 10, 0],
        [0, 20, 1],
        [0, 50, undefined, 0],
        [0, 60, 1],
      ],
      live,
    );
    live.advance(70 as Ns);
    live.loss({ from: 0 as Ns, to: 1500 as Ns, count: 3, cause: 'ring full' });
    live.threadEnd(0 as ThreadId, 100 as Ns);
    live.end();
    await live.settled();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(out.text.split('\n')).toEqual([
      '#   TID   DURATION | FUNCTION',
      '     77            | main() {',
      '     77      30 ns |   work();',
      '     77            |   work() {',
      '# 3 events lost until 1.500 us: ring full',
      '     77      40 ns |   } /* work: not returned */',
      '     77      90 ns | } /* main: not returned */',
      '',
    ]);
  });
});

describe('the output of a report', () => {
  it('ends quietly when its reader has seen enough', async () => {
    const path = writeSample({ names: ['main'], events: [[0, 1, 0]] });
    const out = new PassThrough();
    out.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    const result = await report({ ...DEFAULTS, input: path, format: 'chrome' }, out);
    expect(result.headerPrinted).toBe(false);
  });

  it('fails when its disk is full', async () => {
    const path = writeSample({ names: ['main'], events: [[0, 1, 0]] });
    const out = new PassThrough();
    out.on('newListener', () => {});
    const failing = report({ ...DEFAULTS, input: path, format: 'summary' }, out);
    out.destroy(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
    await expect(failing).rejects.toMatchObject({ code: 'OUTPUT_IO' });
  });
});

describe('times', () => {
  it.each([
    [0, '0 ns'],
    [999, '999 ns'],
    [1000, '1.000 us'],
    [999_999, '999.999 us'],
    [1_234_567, '1.234 ms'],
    [999_999_999, '999.999 ms'],
    [12_345_678_901, '12.345 s'],
  ])('%i ns reads %s', (ns, text) => expect(formatTime(ns)).toBe(text));
});
