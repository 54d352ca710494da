/** Calls in a trace against what the program is known to do: arithmetic, or a build that counts for itself. */
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describePrivileged, fixture, record, run, temporaryFolder } from './run.js';
import { callsIn, summaryOf } from './summary.js';

/** Start-up and exit code of the compiler that some builds contain; not in the counted build. */
const runtime = /^(__cxa_finalize|__do_global_dtors_aux|_init|_fini|__libc_csu_.*|__x86\.get_pc.*)/;
const libraryCalls = ['srand', 'rand', 'malloc', 'free', 'qsort', 'memcmp', 'strcmp', 'strtol', 'printf'];

describePrivileged('counts', () => {
  const folder = temporaryFolder();

  it.each([
    ['sort'],
    ['sort-O0'],
    ['sort-O1'],
    ['sort-O2'],
    ['sort-O3'],
    ['sort-no-pie'],
    ['sort-cet'],
    ['sort-lazy'],
    ['sort-now'],
  ])('%s -n 5000: every function and library call as often as the counted build', async (name) => {
    const counted = await countedSort();
    const { trace, stdout, status } = await record(folder, [fixture(name), '-n', '5000']);
    expect(stdout).toBe('sorted 5000 ok\n');
    expect(status).toBe(0);
    const calls = await callsIn(trace);
    expect(withoutRuntime(calls)).toEqual(counted);
  });

  it('sort-static: its own functions as often as the counted build', async () => {
    const counted = await countedSort();
    for (const name of libraryCalls) counted.delete(name);
    const own = [...counted.keys()];
    const { trace } = await record(folder, [fixture('sort-static'), '-n', '5000'], ['-f', own.join(',')]);
    expect(await callsIn(trace)).toEqual(counted);
  });

  it('sort-stripped: its library calls as often as the counted build, and says that it is stripped', async () => {
    const counted = await countedSort();
    const { trace, stderr } = await record(folder, [fixture('sort-stripped'), '-n', '5000']);
    expect(stderr).toMatch(/stripped/);
    const calls = await callsIn(trace);
    for (const name of libraryCalls) expect([name, calls.get(name)]).toEqual([name, counted.get(name)]);
  });

  it('fib(20) is 21891 calls', async () => {
    const { trace } = await record(folder, [fixture('fib')]);
    const calls = await callsIn(trace);
    expect(calls.get('fib')).toBe(21891);
    expect(calls.get('main')).toBe(1);
  });

  it('64 threads call 1000 times each', async () => {
    const { trace } = await record(folder, [fixture('threads')]);
    const calls = await callsIn(trace);
    expect(calls.get('worker')).toBe(64);
    expect(calls.get('work')).toBe(64_000);
    expect(calls.get('step')).toBe(128_000);
    expect(calls.get('pthread_create')).toBe(64);
  });

  it('C++ names are demangled and counted apart', async () => {
    const { trace, stdout } = await record(folder, [fixture('cpp')]);
    expect(stdout).toBe('315\n');
    const calls = await callsIn(trace);
    for (const [name, count] of [
      ['geometry::detail::area(int, int)', 7],
      ['geometry::Point::Point(int, int)', 5],
      ['geometry::Point::~Point()', 5],
      ['geometry::Point::operator<(geometry::Point const&) const', 6],
      ['geometry::Point::operator()(int) const', 2],
      ['geometry::Point::norm() const', 3],
      ['geometry::overloaded(int)', 1],
      ['geometry::overloaded(double)', 2],
      ['geometry::overloaded(int, char const*)', 3],
      ['(anonymous namespace)::hidden(int)', 4],
      ['repeat<int, 3>(int)', 8],
      ['repeat<double, 2>(double)', 9],
      ['main::{lambda(int)#1}::operator()(int) const', 10],
    ] as const) {
      expect([name, calls.get(name)]).toEqual([name, count]);
    }
    expect([...calls.keys()].filter((name) => name.startsWith('deep(Box<Box<'))).toHaveLength(1);
  });

  it.skipIf(!existsSync(fixture('rust')))('Rust names are demangled (skipped without rustc)', async () => {
    const { trace } = await record(folder, [fixture('rust')], ['-f', '*rust::*']);
    const calls = await callsIn(trace);
    expect(calls.get('rust::shapes::area')).toBe(3);
    expect(calls.get('<rust::shapes::Square as rust::shapes::Named>::name')).toBe(4);
    // Two functions, one name: rustc's mangling drops the type.
    const twice = (await summaryOf(trace)).rows.filter((row) => row.name === 'rust::twice');
    expect(twice.map((row) => row.calls).sort()).toEqual([2, 5]);
  });

  it('a name of 1290 characters, and names that are the end of one another', async () => {
    const { trace } = await record(folder, [fixture('names')]);
    const calls = await callsIn(trace);
    const long = `long_name_${'abcdefghij'.repeat(128)}`;
    for (const name of [long, 'a', 'aa']) expect([name, calls.get(name)]).toEqual([name, 3]);
  });

  it('constructors before main and destructors after it', async () => {
    const c = await callsIn((await record(folder, [fixture('startup')])).trace);
    for (const [name, count] of Object.entries({
      construct: 1,
      before: 2,
      main: 1,
      during: 3,
      destruct: 1,
      after: 1,
    })) {
      expect([name, c.get(name)]).toEqual([name, count]);
    }
    const cpp = await callsIn((await record(folder, [fixture('statics')])).trace);
    expect(cpp.get('early()')).toBe(4);
    expect(cpp.get('late()')).toBe(1);
    expect(cpp.get('Registry::Registry()')).toBe(1);
  });

  it('a forked child is not counted and not harmed', async () => {
    const { trace, stdout } = await record(folder, [fixture('fork')]);
    expect(stdout.split('\n').sort().join('|')).toBe('|child 999000|parent 110, child ended with 6');
    const calls = await callsIn(trace);
    expect(calls.get('work')).toBe(15);
    expect(calls.get('repeat')).toBe(2);
  });
});

async function countedSort(): Promise<Map<string, number>> {
  const { stdout } = await run([fixture('sort-counted'), '-n', '5000']);
  const lines = stdout.trim().split('\n').slice(1);
  return new Map(
    lines.map((line) => {
      const [name = '', count] = line.split(' ');
      return [name, Number(count)];
    }),
  );
}

function withoutRuntime(calls: ReadonlyMap<string, number>): Map<string, number> {
  return new Map([...calls].filter(([name]) => !runtime.test(name)));
}
