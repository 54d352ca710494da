/**
 * Builds the test programs of test/fixtures into build/fixtures, only what changed.
 * One line of the table is one file; several may come from one source.
 */
import { mkdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { isStale, newest } from './lib/files.mjs';
import { UP_TO_DATE } from './lib/progress.mjs';
import { findProgram, isMain, projectRoot, runMain, runQuietly, ScriptError } from './lib/run.mjs';

const fixtures = join(projectRoot, 'test/fixtures');
const output = join(projectRoot, 'build/fixtures');
const sqlite = join(projectRoot, 'node_modules/better-sqlite3/deps/sqlite3');

// Calls in the source must stay calls: no tail calls, no libc functions replaced by others or by instructions.
const exact = ['-fno-optimize-sibling-calls', '-fno-builtin', '-U_FORTIFY_SOURCE', '-fno-stack-protector'];
const common = [...exact, '-g', '-Wall', '-Wextra', '-I', fixtures];
// Calls __fentry__ at each function's entry, after inlining: test/fixtures/real/fentry.c counts them.
const counting = ['-pg', '-mfentry', '-fcf-protection=none'];

const table = [
  c('sort', 'sort/sort.c'),
  c('sort-counted', 'sort/sort.c', '-DCOUNT'),
  c('sort-static', 'sort/sort.c', '-static'),
  c('sort-no-pie', 'sort/sort.c', '-fno-pie', '-no-pie'),
  c('sort-cet', 'sort/sort.c', '-fcf-protection=full'),
  c('sort-lazy', 'sort/sort.c', '-Wl,-z,lazy'),
  c('sort-now', 'sort/sort.c', '-Wl,-z,now'),
  c('sort-stripped', 'sort/sort.c', '-s'),
  c('sort-O0', 'sort/sort.c', '-O0'),
  c('sort-O1', 'sort/sort.c', '-O1'),
  c('sort-O2', 'sort/sort.c', '-O2'),
  c('sort-O3', 'sort/sort.c', '-O3'),
  c('fib', 'fib/fib.c'),
  c('threads', 'threads/threads.c', '-pthread'),
  c('sleep', 'sleep/sleep.c'),
  c('names', 'names/names.c'),
  c('startup', 'startup/startup.c'),
  c('server', 'server/server.c', '-pthread'),
  c('ending', 'ending/ending.c', '-pthread'),
  c('interrupt', 'interrupt/interrupt.c'),
  c('environment', 'environment/environment.c'),
  c('fork', 'fork/fork.c'),
  c('burn', 'burn/burn.c'),
  c('odd', 'placement/odd.S'),
  c('deep', 'deep/deep.c'),
  c('jump', 'jump/jump.c'),
  c('spawner', 'spawner/spawner.c', '-pthread'),
  cpp('statics', 'startup/statics.cpp'),
  cpp('cpp', 'cpp/cpp.cpp'),
  object('sqlite3.o', join(sqlite, 'sqlite3.c')),
  object('sqlite3-counted.o', join(sqlite, 'sqlite3.c'), ...counting),
  object('real.o', join(fixtures, 'real/real.c')),
  object('real-counted.o', join(fixtures, 'real/real.c'), ...counting),
  object('fentry.o', join(fixtures, 'real/fentry.c'), '-mgeneral-regs-only'),
  linked('real', 'real.o', 'sqlite3.o'),
  linked('real-counted', 'real-counted.o', 'sqlite3-counted.o', 'fentry.o'),
  { ...entry('rust', 'rustc', [join(fixtures, 'rust/rust.rs')], ['-O', '-g']), optional: true },
];

/** Builds the named files, or all; a name stands for the objects that it is linked from as well. */
export async function buildFixtures(names) {
  const wanted = names === undefined ? table : table.filter((fixture) => withParts(names).has(fixture.name));
  let compiled = false;
  // Compilations first, two at a time; then what links them.
  for (const stage of [0, 1]) {
    const stale = wanted.filter((fixture) => stageOf(fixture) === stage && isStaleFixture(fixture));
    if (stale.length === 0) continue;
    compiled = true;
    mkdirSync(output, { recursive: true });
    const work = async () => {
      for (let next = stale.shift(); next !== undefined; next = stale.shift()) await compile(next);
    };
    await Promise.all([work(), work()]);
  }
  return compiled ? undefined : UP_TO_DATE;
}

function withParts(names) {
  const parts = table.filter((fixture) => names.includes(fixture.name)).flatMap((fixture) => fixture.objects);
  return new Set([...names, ...parts]);
}

function stageOf(fixture) {
  return fixture.objects.length > 0 ? 1 : 0;
}

function isStaleFixture(fixture) {
  if (fixture.optional && findProgram(fixture.compiler) === undefined) return false;
  return isStale(join(output, fixture.name), inputsOf(fixture));
}

async function compile(fixture) {
  const target = join(output, fixture.name);
  const start = new Date(Math.max(Date.now(), newest(inputsOf(fixture))));
  await runQuietly(fixture.compiler, [
    ...fixture.flags,
    '-o',
    target,
    ...sourcesOf(fixture),
    ...fixture.libraries,
  ]);
  utimesSync(target, start, start);
}

function sourcesOf(fixture) {
  return [...fixture.sources, ...fixture.objects.map((name) => join(output, name))];
}

function inputsOf(fixture) {
  return [...sourcesOf(fixture), join(fixtures, 'fixture.h')];
}

function entry(name, compiler, sources, flags) {
  return { name, compiler, sources, flags, objects: [], libraries: [], optional: false };
}

function c(name, source, ...flags) {
  return entry(name, 'gcc', [join(fixtures, source)], ['-O2', ...common, ...flags]);
}

function cpp(name, source, ...flags) {
  return entry(name, 'g++', [join(fixtures, source)], ['-O2', ...common, ...flags]);
}

/** Part of the large program; -O1, because -O2 doubles the time of this longest compilation. */
function object(name, source, ...more) {
  const features = ['-DSQLITE_OMIT_LOAD_EXTENSION', '-DSQLITE_THREADSAFE=0'];
  return entry(
    name,
    'gcc',
    [source],
    ['-O1', '-w', ...features, '-I', fixtures, '-I', sqlite, ...more, '-c'],
  );
}

/** Linked without -pg: with it gcc would add a profiler of its own. */
function linked(name, ...objects) {
  return { ...entry(name, 'gcc', [], []), objects, libraries: ['-lm'] };
}

if (isMain(import.meta)) {
  await runMain(async () => {
    const names = process.argv.slice(2);
    const unknown = names.find((name) => !table.some((fixture) => fixture.name === name));
    if (unknown !== undefined) throw new ScriptError(`no test program is called ${unknown}`);
    console.log((await buildFixtures(names.length === 0 ? undefined : names)) ?? 'built');
  });
}
