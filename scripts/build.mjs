/**
 * Builds dist/ from src/ and bpf/, only what changed: TypeScript (tsc, incremental), BPF objects (clang),
 * help texts (written by the built program itself, so that `--help` needs no argument parser at start-up).
 */
import { existsSync, mkdirSync, readdirSync, rmdirSync, utimesSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { isStale, listFiles, newest, remove } from './lib/files.mjs';
import { Progress, UP_TO_DATE } from './lib/progress.mjs';
import { findProgram, isMain, projectRoot, runMain, runQuietly } from './lib/run.mjs';

export const buildSteps = 3;

const source = join(projectRoot, 'src');
const output = join(projectRoot, 'dist');
const bpfSource = join(projectRoot, 'bpf');
const buildInfo = join(output, '.tsbuildinfo');

export async function build(progress) {
  await progress.step('BPF programs', compileBpf);
  await progress.step('TypeScript', compileTypeScript);
  await progress.step('help texts', writeHelp);
}

/** tsc's build info is the stamp; it bears the time at which the compiler started to read. */
async function compileTypeScript() {
  const sources = listFiles(source, '.ts').filter((path) => !path.endsWith('.d.ts'));
  const outputs = sources.map((path) => join(output, relative(source, path).replace(/\.ts$/, '.js')));
  const complete = outputs.every((path) => existsSync(path));
  if (complete && !isStale(buildInfo, [...sources, join(projectRoot, 'tsconfig.json')])) return UP_TO_DATE;
  // Without its outputs tsc would trust its build info and write nothing.
  if (!complete) remove(buildInfo);
  const start = new Date();
  await runQuietly(join(projectRoot, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.json']);
  utimesSync(buildInfo, start, start);
  removeOrphans(new Set(outputs));
  return undefined;
}

/** Outputs of deleted sources must not reach the package. */
function removeOrphans(outputs) {
  for (const path of listFiles(output, '.js')) if (!outputs.has(path)) remove(path);
  for (const entry of readdirSync(output, { withFileTypes: true })) {
    const folder = join(output, entry.name);
    if (entry.isDirectory() && readdirSync(folder).length === 0) rmdirSync(folder);
  }
}

async function compileBpf() {
  const headers = listFiles(bpfSource, '.h');
  const stale = listFiles(bpfSource, '.bpf.c').filter((path) => isStale(objectOf(path), [path, ...headers]));
  if (stale.length === 0) return UP_TO_DATE;
  mkdirSync(join(output, 'bpf'), { recursive: true });
  await Promise.all(stale.map(compileObject));
  return undefined;
}

async function compileObject(path) {
  const object = objectOf(path);
  // Debian keeps <asm/types.h> in a folder that clang searches for its own machine only.
  const machineHeaders = '/usr/include/x86_64-linux-gnu';
  const flags = [
    '-g',
    '-O2',
    '-Wall',
    '-Werror',
    '-target',
    'bpf',
    '-mcpu=v3',
    '-D__TARGET_ARCH_x86',
    '-I',
    bpfSource,
  ];
  // Paths inside the object (BTF line info) must not tell where it was built.
  const prefix = `-ffile-prefix-map=${projectRoot}=.`;
  await runQuietly('clang', [...flags, prefix, '-idirafter', machineHeaders, '-c', path, '-o', object]);
  // DWARF is dead weight in the package; BTF, which the kernel and CO-RE need, stays.
  const strip = findProgram('llvm-strip');
  if (strip !== undefined) await runQuietly(strip, ['-g', object]);
}

function objectOf(path) {
  return join(output, 'bpf', basename(path).replace(/\.c$/, '.o'));
}

async function writeHelp() {
  const generator = join(output, 'cli/generate-help.js');
  const version = join(output, 'cli/version.txt');
  const inputs = [...listFiles(output, '.js'), join(projectRoot, 'package.json')];
  if (!isStale(version, inputs)) return UP_TO_DATE;
  mkdirSync(dirname(version), { recursive: true });
  await runQuietly(process.execPath, [generator]);
  const written = new Date(Math.max(Date.now(), newest(inputs)));
  utimesSync(version, written, written);
  return undefined;
}

if (isMain(import.meta)) await runMain(() => build(new Progress(buildSteps)));
