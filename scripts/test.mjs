/**
 * `npm test`: set-up, fixtures, formatter and linter, type check, then every test.
 * End-to-end tests place real probes, so vitest runs as root (through sudo where we are not).
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildFixtures } from './fixtures.mjs';
import { remove } from './lib/files.mjs';
import { asRoot, isMain, projectRoot, runLoudly, runMain, ScriptError } from './lib/run.mjs';
import { setup } from './setup.mjs';

async function main() {
  const progress = await setup('test', 1);
  await progress.step('test programs', buildFixtures);
  if ((await runLoudly('npm', ['run', '--silent', 'check'])) !== 0)
    throw new ScriptError('npm run check failed');
  const results = join(projectRoot, 'build/test-results.json');
  mkdirSync(join(projectRoot, 'build'), { recursive: true });
  remove(results);
  if (process.getuid() !== 0) console.error('the tests place probes: vitest runs as root through sudo');
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=json'];
  const argv = asRoot([
    process.execPath,
    ...vitest,
    `--outputFile.json=${results}`,
    ...process.argv.slice(2),
  ]);
  const status = await runLoudly(argv[0], argv.slice(1));
  if (!existsSync(results)) throw new ScriptError(`vitest ended (${status}) without results`);
  judge(JSON.parse(readFileSync(results, 'utf8')), status);
}

/** Prints the totals; fails also where no end-to-end test ran, which would prove nothing. */
function judge(results, status) {
  const tests = results.testResults.flatMap((file) =>
    file.assertionResults.map((test) => ({ file: file.name, status: test.status })),
  );
  const count = (...wanted) => tests.filter((test) => wanted.includes(test.status)).length;
  console.log(
    `${count('passed')} passed, ${count('failed')} failed, ${count('skipped', 'pending', 'todo')} skipped`,
  );
  if (status !== 0) throw new ScriptError(`vitest ended with ${status}`);
  const ran = tests.some((test) => test.file.includes('/test/e2e/') && test.status === 'passed');
  if (!ran && process.argv.length === 2) throw new ScriptError('no end-to-end test was run');
}

if (isMain(import.meta)) await runMain(main);
