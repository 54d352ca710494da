/** `npm run demo`: set-up, then the main job on test/fixtures/sort: record, summary, folded stacks. */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildFixtures } from './fixtures.mjs';
import { asRoot, isMain, projectRoot, runLoudly, runMain, ScriptError } from './lib/run.mjs';
import { setup } from './setup.mjs';

async function main() {
  const progress = await setup('run', 1);
  await progress.step('test program sort', () => buildFixtures(['sort']));
  const folder = join(projectRoot, 'build/demo');
  mkdirSync(folder, { recursive: true });
  const trace = join(folder, 'utrace.data');
  const folded = join(folder, 'sort.folded');
  const program = join(projectRoot, 'build/fixtures/sort');
  await utrace(asRoot(['bin/utrace', '--record', '-o', trace, '--', program, '-n', '5000']));
  await utrace(['bin/utrace', '--report', '-i', trace, '--format=summary']);
  await utrace(['bin/utrace', '--report', '-i', trace, '--format=flame-graph', '-o', folded]);
  console.log('');
  for (const [what, path] of [
    ['trace', trace],
    ['folded stacks', folded],
  ]) {
    console.log(`${what}: ${path} (${statSync(path).size} bytes)`);
  }
}

async function utrace(argv) {
  console.log(`\n$ ${argv.join(' ').replaceAll(`${projectRoot}/`, '')}`);
  const status = await runLoudly(argv[0], argv.slice(1));
  if (status !== 0) throw new ScriptError(`utrace ended with ${status}`);
}

if (isMain(import.meta)) await runMain(main);
