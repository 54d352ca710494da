/** The same program traced with probes at the entries and with probes moved: calls, names and tree must be the same. */
import { expect, it } from 'vitest';
import { describePrivileged, fixture, record, report, run, temporaryFolder } from '../e2e/run.js';

describePrivileged('--placement changes nothing that is reported', () => {
  const folder = temporaryFolder();

  it.each([
    ['sort', ['-n', '300']],
    ['sort-O0', ['-n', '300']],
    ['sort-O1', ['-n', '300']],
    ['sort-O2', ['-n', '300']],
    ['sort-O3', ['-n', '300']],
    ['sort-cet', ['-n', '300']],
    ['sort-no-pie', ['-n', '300']],
    ['sort-now', ['-n', '300']],
    ['sort-lazy', ['-n', '300']],
    ['odd', []],
    ['cpp', []],
    ['statics', []],
    ['startup', []],
    ['fib', []],
  ])('%s', async (name, args) => {
    const command = [fixture(name), ...args];
    const untraced = await run(command);
    const moved = await record(folder, command);
    const plain = await record(folder, command, ['--placement=entry']);
    expect([moved.stdout, moved.status]).toEqual([untraced.stdout, untraced.status]);
    expect([plain.stdout, plain.status]).toEqual([untraced.stdout, untraced.status]);
    expect(await treeOf(moved.trace)).toEqual(await treeOf(plain.trace));
  });

  it('odd: each function ten times', async () => {
    const { trace } = await record(folder, [fixture('odd')]);
    const counts = new Map<string, number>();
    for (const line of await treeOf(trace)) {
      const name = /([\w.]+)\(/.exec(line)?.[1] ?? '';
      if (!line.includes('}')) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const ten = [
      'to_block',
      'to_block_far',
      'from_cold',
      'tail_of_next',
      'shares_tail',
      'table_back',
      'realigns',
    ];
    for (const name of [...ten, 'two_entries', 'red_zone', 'reads_return', 'vector_first']) {
      expect([name, counts.get(name)]).toEqual([name, 10]);
    }
    expect(counts.get('to_entry')).toBe(60); // five rounds a call
    expect(counts.get('second_entry')).toBe(20);
    // The kernel would execute its first instruction wrongly: it is not probed.
    expect(counts.get('exchanges')).toBeUndefined();
  });
});

/** The call graph without times. */
async function treeOf(trace: string): Promise<string[]> {
  const text = await report(trace, 'call-graph', '--libname');
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.slice(line.indexOf('|')));
}
