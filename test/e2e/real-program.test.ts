/**
 * SQLite, some 1900 functions: each counted call for call. The independent count is gcc's -pg -mfentry
 * (test/fixtures/real/fentry.c) of the same code at the same optimisation.
 */
import { expect, it } from 'vitest';
import { describePrivileged, fixture, record, run, temporaryFolder } from './run.js';
import { callsIn, summaryOf } from './summary.js';

describePrivileged('a large real program', () => {
  const folder = temporaryFolder();

  it('every function as often as gcc counts it', async () => {
    const plain = await run([fixture('real')]);
    const { trace, stdout } = await record(folder, [fixture('real')]);
    expect(stdout).toBe(plain.stdout);
    const counted = await countedCalls();
    const calls = await callsIn(trace);
    // Tail calls are calls for both; names with a dot (`x.part.0`) are fragments, whose calls utrace does not show.
    const wrong = [...counted].filter(([name, count]) => !name.includes('.') && calls.get(name) !== count);
    expect(wrong.map(([name, count]) => `${name}: ${calls.get(name)}, not ${count}`)).toEqual([]);
    expect(counted.size).toBeGreaterThan(700);
  });

  it('times add up: main holds all, self times sum to it', async () => {
    const { trace } = await record(folder, [fixture('real')]);
    const { rows, byName, head } = await summaryOf(trace);
    const main = byName.get('main');
    expect(main?.calls).toBe(1);
    const self = rows.reduce((sum, row) => sum + row.self, 0);
    // Printed figures are rounded; what runs outside main is tiny.
    expect(Math.abs(self / (main?.total ?? 1) - 1)).toBeLessThan(0.02);
    expect(head).toMatch(/lost/);
  });
});

async function countedCalls(): Promise<Map<string, number>> {
  const symbols = await functionSymbols(fixture('real-counted'));
  const { stdout } = await run([fixture('real-counted')]);
  const calls = new Map<string, number>();
  for (const line of stdout.trim().split('\n').slice(1)) {
    const [address = '', count] = line.split(' ');
    const name = symbols.findLast((symbol) => symbol.address <= Number.parseInt(address, 16))?.name ?? '';
    calls.set(name, (calls.get(name) ?? 0) + Number(count));
  }
  return calls;
}

/** From binutils' nm, by address. */
async function functionSymbols(path: string): Promise<{ name: string; address: number }[]> {
  const { stdout } = await run(['nm', '-n', path]);
  return stdout.split('\n').flatMap((line) => {
    const [, address, name] = /^([0-9a-f]+) [tTwW] (.+)$/.exec(line) ?? [];
    return address === undefined || name === undefined
      ? []
      : [{ name, address: Number.parseInt(address, 16) }];
  });
}
