/** The npm package: holds all that a user needs, and its `bin` works far from the project. */
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixture, projectRoot, run, temporaryFolder } from './run.js';

describe('package', () => {
  const folder = temporaryFolder();
  const bin = join(folder, 'node_modules/.bin/utrace');
  let files: readonly string[] = [];

  beforeAll(async () => {
    const packed = await run(['npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: projectRoot,
    });
    const result = JSON.parse(packed.stdout) as Pack[] | Record<string, Pack>;
    const pack = Object.values(result)[0];
    files = pack?.files.map((file) => file.path) ?? [];
    installByHand(folder);
    await run([
      'tar',
      'xf',
      join(folder, pack?.filename ?? ''),
      '--strip-components=1',
      '-C',
      `${folder}/node_modules/utrace`,
    ]);
  });

  it('holds the program, the BPF objects and the documents, and no sources or build stamps', () => {
    for (const path of ['bin/utrace', 'dist/cli/main.js', 'README.md', 'LICENSE', 'docs/trace-format.md']) {
      expect(files).toContain(path);
    }
    expect(files.some((path) => /^dist\/bpf\/.*\.bpf\.o$/.test(path))).toBe(true);
    expect(files.filter((path) => /\.ts$|\.tsbuildinfo$|^test\/|^scripts\/|\.data$/.test(path))).toEqual([]);
  });

  it('runs where it is installed, through the link that npm makes', async () => {
    expect((await run([bin, '--version'], { cwd: '/' })).status).toBe(0);
    expect((await run([bin, '--help'], { cwd: '/' })).stdout).toContain('--record');
    expect((await run([bin, '--list', '--', fixture('sort')], { cwd: '/' })).stdout).toContain('quick_sort');
  });

  it.skipIf(process.getuid?.() !== 0)('records where it is installed (needs root)', async () => {
    const trace = join(folder, 'utrace.data');
    const recorded = await run([bin, '--record', '-o', trace, '--', fixture('fib')], { cwd: '/' });
    expect([recorded.status, recorded.stdout]).toEqual([0, '6765\n']);
    expect((await run([bin, '--report', '-i', trace, '--format=summary'], { cwd: '/' })).stdout).toContain(
      '21891',
    );
  });
});

interface Pack {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** As `npm install ./utrace-*.tgz` lays it out; the dependencies are links to ours, which spares the network. */
function installByHand(folder: string): void {
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, 'utrace'), { recursive: true });
  mkdirSync(join(modules, '.bin'));
  for (const name of readdirSync(join(projectRoot, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(projectRoot, 'node_modules', name), join(modules, name));
  }
  symlinkSync('../utrace/bin/utrace', join(modules, '.bin/utrace'));
}
