/** Builds what the benchmark runs, in build/bench. uftrace's own way needs `-pg`: it gets builds of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isStale } from '../scripts/lib/files.mjs';
import { projectRoot, runQuietly } from '../scripts/lib/run.mjs';

export const folder = join(projectRoot, 'build/bench');
export const program = (name) => join(folder, name);
/** Functions of the generated programs `many-COUNT`. */
export const manyFunctions = [200, 5000];

export async function buildPrograms() {
  mkdirSync(folder, { recursive: true });
  const exact = [
    '-O2',
    '-fno-builtin',
    '-fno-optimize-sibling-calls',
    '-I',
    join(projectRoot, 'test/fixtures'),
  ];
  const cost = join(projectRoot, 'bench/cost.c');
  const fib = join(projectRoot, 'test/fixtures/fib/fib.c');
  await compile('cost', cost, exact);
  await compile('cost-pg', cost, [...exact, '-DCOMPILED', '-pg']);
  await compile('fib', fib, exact);
  await compile('fib-pg', fib, [...exact, '-pg']);
  for (const count of manyFunctions) {
    const source = program(`many-${count}.c`);
    if (isStale(source, [join(projectRoot, 'bench/programs.mjs')])) writeFileSync(source, manySource(count));
    await compile(`many-${count}`, source, [...exact, '-O0']);
    await compile(`many-${count}-pg`, source, [...exact, '-O0', '-pg']);
  }
}

async function compile(name, source, flags) {
  if (isStale(program(name), [source])) await runQuietly('gcc', [...flags, '-o', program(name), source]);
}

/** With an argument it waits for the end of stdin first, without calls every function once. */
function manySource(count) {
  const numbers = Array.from({ length: count }, (_, i) => i);
  return [
    '#include <unistd.h>',
    'static volatile int sink;',
    ...numbers.map((i) => `void call_${i}(void) { sink = ${i}; }`),
    'int main(int argc, char **argv)',
    '{',
    '\tchar c;',
    '\t(void)argv;',
    '\tif (argc > 1) while (read(0, &c, 1) > 0);',
    ...numbers.map((i) => `\tcall_${i}();`),
    '\treturn 0;',
    '}',
    '',
  ].join('\n');
}
