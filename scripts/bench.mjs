/**
 * `npm run bench [SCENARIO...]`: utrace next to bpftrace and uftrace on the same programs, in one run, medians.
 * Prints a markdown table and writes bench/results.json. No test: nothing fails because it is slow.
 */
import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { runs } from '../bench/measure.mjs';
import { buildPrograms } from '../bench/programs.mjs';
import { scenarios } from '../bench/scenarios.mjs';
import { asRoot, isMain, projectRoot, runLoudly, runMain, ScriptError } from './lib/run.mjs';
import { setup } from './setup.mjs';

async function main() {
  if (process.getuid() !== 0) {
    const argv = asRoot([process.execPath, ...process.argv.slice(1)]);
    process.exitCode = await runLoudly(argv[0], argv.slice(1));
    return;
  }
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : [...scenarios.keys()];
  const unknown = wanted.find((name) => !scenarios.has(name));
  if (unknown !== undefined)
    throw new ScriptError(`no scenario ${unknown}; there are ${[...scenarios.keys()].join(', ')}`);
  const progress = await setup('bench', 1 + wanted.length);
  await progress.step('programs', buildPrograms);
  const rows = [];
  for (const name of wanted) {
    await progress.step(name, async () => {
      rows.push(...(await scenarios.get(name)()));
    });
  }
  const machine = {
    kernel: release(),
    cpu: cpus()[0]?.model,
    cpus: cpus().length,
    node: process.version,
    runs,
  };
  writeFileSync(
    join(projectRoot, 'bench/results.json'),
    `${JSON.stringify({ version: 1, machine, rows }, null, 2)}\n`,
  );
  console.log(`\nLinux ${machine.kernel}, ${machine.cpus} x ${machine.cpu}, medians of ${runs} runs\n`);
  console.log(markdown(rows));
}

function markdown(rows) {
  const lines = rows.map((row) => {
    const ratio = (peer) => (row[peer] === undefined ? '-' : `${figure(row.utrace / row[peer])} x`);
    const cells = ['utrace', 'bpftrace', 'uftrace'].map((name) =>
      row[name] === undefined ? '-' : figure(row[name]),
    );
    return [row.what, row.unit, ...cells, ratio('bpftrace'), ratio('uftrace')];
  });
  const head = ['', 'unit', 'utrace', 'bpftrace', 'uftrace', 'utrace / bpftrace', 'utrace / uftrace'];
  const rule = ['---', '---', '---:', '---:', '---:', '---:', '---:'];
  return [head, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function figure(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

if (isMain(import.meta)) await runMain(main);
