/** Library calls counted at the function in the library against those counted at the stub, and against arithmetic. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ASSUMED } from '../../src/record/placement/kernel-facts.js';
import { describePrivileged, record, start, temporaryFolder } from '../e2e/run.js';
import { callsIn } from '../e2e/summary.js';
import { plan } from '../plan/plans.js';

const LIBRARY = `
int lib_add(int a, int b) { volatile int sum = a + b; return sum; }
int lib_inner(int a) { volatile int b = a; return b; }
__attribute__((optimize("O2"))) int lib_outer(int a) { return lib_inner(a + 1); }
int lib_each(int count, int (*call)(int)) { int sum = 0; for (int i = 0; i < count; i++) sum += call(i); return sum; }
int lib_own(void) { return lib_add(1, 2) + lib_add(3, 4); }
int lib_pointed(int a) { volatile int b = a; return b; }
int lib_tabled(int a) { volatile int b = a; return b; }
int (*lib_table[])(int) = { lib_tabled };
`;

/** lib_add: 7 + 3 + 10 = 20 calls, lib_outer 4, lib_inner 2 (not those that lib_outer ends in), lib_each 1, lib_own 5, lib_pointed 1 through the stub, lib_tabled 2. */
const PROGRAM = `
#include <stdio.h>
int lib_add(int, int), lib_inner(int), lib_outer(int), lib_each(int, int (*)(int)), lib_own(void);
int lib_pointed(int), lib_tabled(int);
extern int (*lib_table[])(int);
__attribute__((noinline, optimize("O2"))) int tail(int a) { return lib_add(a, 1); }
int (*volatile pointer)(int) = lib_pointed;
int main(int argc, char **argv)
{
	int sum = 0;
	(void)argv;
	if (argc > 1 && scanf("%*c") > 5) return 1;
	for (int i = 0; i < 7; i++) sum += lib_add(i, i);
	for (int i = 0; i < 3; i++) sum += tail(i);
	for (int i = 0; i < 4; i++) sum += lib_outer(i);
	for (int i = 0; i < 2; i++) sum += lib_inner(i);
	for (int i = 0; i < 5; i++) sum += lib_own();
	for (int i = 0; i < 2; i++) sum += lib_tabled(i);
	for (int i = 0; i < 3; i++) sum += lib_table[0](i);
	for (int i = 0; i < 3; i++) sum += pointer(i);
	sum += lib_pointed(1) + lib_each(10, tail);
	printf("%d\\n", sum);
	return 0;
}
`;

const EXPECTED = {
  lib_add: 20,
  lib_outer: 4,
  lib_inner: 2,
  lib_each: 1,
  lib_own: 5,
  lib_pointed: 1,
  lib_tabled: 2,
};

function build(folder: string, name: string, ...flags: string[]): string {
  const [library, source, program] = ['libown.so', 'program.c', name].map((file) => join(folder, file)) as [
    string,
    string,
    string,
  ];
  writeFileSync(join(folder, 'own.c'), LIBRARY);
  writeFileSync(source, PROGRAM);
  execFileSync('gcc', ['-O0', '-shared', '-fPIC', join(folder, 'own.c'), '-o', library]);
  execFileSync('gcc', ['-O0', ...flags, source, library, `-Wl,-rpath,${folder}`, '-o', program]);
  return program;
}

async function libraryCalls(trace: string): Promise<Record<string, number>> {
  const calls = await callsIn(trace);
  return Object.fromEntries([...calls].filter(([name]) => name in EXPECTED));
}

describePrivileged('library calls', () => {
  const folder = temporaryFolder();

  it.each([
    ['lazy', ['-Wl,-z,lazy']],
    ['now', ['-Wl,-z,now']],
    ['fixed', ['-fno-pie', '-no-pie']],
  ])('%s: as many as through the stubs', async (name, flags) => {
    const program = build(folder, name, ...flags);
    const plain = await record(folder, [program], ['--placement=entry']);
    const moved = await record(folder, [program]);
    expect(moved.stdout).toBe(plain.stdout);
    const atStubs = await libraryCalls(plain.trace);
    expect(await libraryCalls(moved.trace)).toEqual(atStubs);
    if (name !== 'fixed') expect(atStubs).toEqual(EXPECTED);
  });

  it('of a tail call from a function that is not traced', async () => {
    const program = build(folder, 'filtered');
    const { trace } = await record(folder, [program], ['-f', 'lib_*']);
    expect(await libraryCalls(trace)).toEqual(EXPECTED);
  });

  it('of an attached process', async () => {
    const program = build(folder, 'attached');
    const target = start([program, 'wait']);
    const trace = join(folder, 'attached.data');
    const tracer = start([
      join(process.cwd(), 'bin/utrace'),
      '--record',
      '-d',
      '-o',
      trace,
      '-p',
      `${target.pid}`,
    ]);
    await tracer.seen(/probes/);
    await new Promise((resolve) => setTimeout(resolve, 500));
    target.say('go');
    await target.ended;
    await tracer.ended;
    expect(await libraryCalls(trace)).toEqual(EXPECTED);
  });

  it('without stubs (-fno-plt): all calls that the executable makes', async () => {
    const program = build(folder, 'without', '-fno-plt');
    const { trace } = await record(folder, [program]);
    const calls = await libraryCalls(trace);
    const throughPointers = { lib_tabled: 2 + 3, lib_pointed: 1 + 3 };
    expect(calls).toEqual({ ...EXPECTED, ...throughPointers });
  });
});

describe('the plan', () => {
  const folder = temporaryFolder();

  it('keeps stubs whose function is reached otherwise too', () => {
    const program = build(folder, 'planned');
    const made = plan(program, {
      placement: { kind: 'cheapest', kernel: { ...ASSUMED, session: true }, libraries: true },
    });
    const reasons = Object.fromEntries(
      made.functions.map((fn, i) => {
        const site = made.sites[i]!;
        return [fn.name, site.status === 'probe' ? site.reason : site.status];
      }),
    );
    const moved = 'library call: function instead of stub';
    const kept = 'library call: stub';
    expect(reasons).toMatchObject({ lib_add: moved, lib_outer: moved, lib_own: moved, lib_each: moved });
    expect(reasons).toMatchObject({ lib_inner: moved, lib_pointed: kept, lib_tabled: kept });
  });
});
