/**
 * `npm run test:kernels [SUITE...]`: runs test/engines on Debian's packaged kernels under emulation, one after the
 * other, and writes what passed into docs/kernels.md. Correctness there is real, times are not.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildFixtures } from './fixtures.mjs';
import { fetchKernel } from './lib/kernel-packages.mjs';
import { installRequirements } from './lib/requirements.mjs';
import { isMain, projectRoot, runMain, runQuietly, ScriptError } from './lib/run.mjs';
import { runInMachine } from './lib/virtual-machine.mjs';
import { setup } from './setup.mjs';

/** Bookworm has 6.1, trixie 6.12, its backports 7.x. */
const suites = ['bookworm', 'trixie', 'trixie-backports'];
const engines = ['session', 'multi', 'tracefs'];
const document = join(projectRoot, 'docs/kernels.md');
/** Emulation is some 20 times slower. */
const patience = 10;
const timeout = 45 * 60_000;

async function main() {
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : suites;
  const unknown = wanted.find((suite) => !suites.includes(suite));
  if (unknown !== undefined) throw new ScriptError(`no such suite: ${unknown}; known: ${suites.join(', ')}`);
  const progress = await setup('test', 2 + wanted.length);
  await progress.step('test programs', buildFixtures);
  await progress.step('emulator', () => installRequirements('kernels'));
  let failed = 0;
  for (const suite of wanted) {
    await progress.step(`kernel of ${suite}`, async () => {
      const { release, results } = await testKernel(suite);
      failed += results.reduce((sum, row) => sum + row.failed, 0);
      await writeResults(release, results);
      return `${release}: ${results.map((row) => `${row.engine} ${describe(row)}`).join(', ')}`;
    });
  }
  if (failed > 0) throw new ScriptError(`${failed} tests failed; see build/kernels/*/exchange/output.log`);
}

async function testKernel(suite) {
  const folder = join(projectRoot, 'build/kernels', suite);
  const kernel = await fetchKernel(suite);
  const caches = ['.vite', '.vite-temp'].map((name) => join(projectRoot, 'node_modules', name));
  for (const cache of caches) mkdirSync(cache, { recursive: true });
  const limits = `--testTimeout=${60_000 * patience} --hookTimeout=${60_000 * patience} --maxWorkers=1`;
  const vitest = `${process.execPath} node_modules/vitest/vitest.mjs run test/engines --reporter=verbose --reporter=json`;
  const command = `HOME=/tmp PATH=${process.env.PATH} UTRACE_TEST_PATIENCE=${patience} ${vitest} --outputFile.json=/run/exchange/results.json ${limits}`;
  await runInMachine({ kernel, folder, command, writable: caches, timeout });
  const path = join(folder, 'exchange/results.json');
  if (!existsSync(path))
    throw new ScriptError(`${kernel.release}: no results; see ${folder}/exchange/output.log`);
  return { release: kernel.release, results: count(JSON.parse(readFileSync(path, 'utf8'))) };
}

/** One row an engine; what an engine lacks is skipped by the tests themselves. */
function count(report) {
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  return engines.map((engine) => {
    const own = tests.filter((test) => test.ancestorTitles[0]?.startsWith(engine));
    const of = (status) => own.filter((test) => test.status === status).length;
    return { engine, passed: of('passed'), failed: of('failed') };
  });
}

function describe({ passed, failed }) {
  return passed + failed === 0 ? 'not in this kernel' : `${passed} passed, ${failed} failed`;
}

/** Replaces this kernel's lines of the table; those of other kernels stay. */
async function writeResults(release, results) {
  const date = new Date().toISOString().slice(0, 10);
  const fresh = results.map((row) => `| ${release} | ${row.engine} | ${describe(row)} | ${date} |`);
  const lines = readFileSync(document, 'utf8').split('\n');
  const head = lines.findIndex((line) => /^\| Kernel +\| Engine +\| Fixtures/.test(line)) + 1;
  const end = lines.findIndex((line, index) => index > head && !line.startsWith('|'));
  const series = release.split('.').slice(0, 2).join('.');
  const others = lines.slice(head + 1, end).filter((line) => !line.startsWith(`| ${series}.`));
  const rows = [...others, ...fresh].sort(byRelease);
  writeFileSync(document, [...lines.slice(0, head + 1), ...rows, ...lines.slice(end)].join('\n'));
  await runQuietly(join(projectRoot, 'node_modules/.bin/biome'), ['format', '--write', document]);
}

/** Array.sort is stable: the engines of a kernel stay in their order. */
function byRelease(left, right) {
  const release = (line) => line.split('|')[1].trim();
  return release(left).localeCompare(release(right), 'en', { numeric: true });
}

if (isMain(import.meta)) await runMain(main);
