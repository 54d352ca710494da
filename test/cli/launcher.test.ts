/** bin/utrace, as a shell starts it: help without node, everything else handed on unchanged. Needs the built dist. */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { projectRoot, run, temporaryFolder, utracePath } from '../e2e/run.js';

const PATH = '/usr/bin:/bin';

describe('bin/utrace', () => {
  const folder = temporaryFolder();
  const echo = join(folder, 'node');
  const other = join(folder, 'other/bin/utrace');

  beforeAll(() => {
    // A node that prints its words, a NUL after each, instead of running them.
    writeFileSync(echo, `#!/bin/sh\nshift\nprintf '%s\\0' "$@"\n`);
    chmodSync(echo, 0o755);
    mkdirSync(join(folder, 'other/bin'), { recursive: true });
    copyFileSync(utracePath, other);
    symlinkSync(utracePath, join(folder, 'utrace'));
    symlinkSync('utrace', join(folder, 'again'));
  });

  const withEcho = (...words: string[]) => run([utracePath, ...words], { env: { PATH, UTRACE_NODE: echo } });

  it.each([
    [['--help'], 'utrace'],
    [['-h'], 'utrace'],
    [['-d', '-h'], 'utrace'],
    [['-dh'], 'utrace'],
    [['-c', 'ls', '--help'], 'utrace'],
    [['record', '--help'], 'record'],
    [['--record', '-h'], 'record'],
    [['report', '--help'], 'report'],
    [['--report', '--help'], 'report'],
  ])('%j: help, without a node', async (words, page) => {
    const { status, stdout, stderr } = await run([utracePath, ...words], {
      env: { PATH, UTRACE_NODE: '/none' },
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toBe(readFileSync(join(projectRoot, `dist/cli/help/${page}.txt`), 'utf8'));
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it.each([['--version'], ['-V']])('%s', async (word) => {
    const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(await run([utracePath, word], { env: { PATH, UTRACE_NODE: '/none' } })).toMatchObject({
      status: 0,
      stdout: `utrace ${version}\n`,
    });
  });

  it('without a word: usage on stderr, 125', async () => {
    const { status, stdout, stderr } = await run([utracePath]);
    expect([status, stdout]).toEqual([125, '']);
    expect(stderr).toMatch(/usage/i);
  });

  it.each([
    [['--', 'ls', '--help']],
    [['--', 'ls', '-h', '--version']],
    [['-c', 'ls --help']],
    [['-f', 'a b', '-c', `x 'y  z' "$HOME" \\ *`, '', '\n', '--']],
  ])('%j reaches node word for word', async (words) => {
    const { status, stdout } = await withEcho(...words);
    expect([status, stdout.split('\0').slice(0, -1)]).toEqual([0, words]);
  });

  it('is found through links, from PATH, and from any folder', async () => {
    for (const name of ['utrace', 'again']) {
      expect((await run([join(folder, name), '--version'], { cwd: '/' })).status).toBe(0);
      const path = { PATH: `${folder}:${PATH}` };
      expect((await run(['sh', '-c', `${name} --version`], { cwd: '/', env: path })).status).toBe(0);
    }
    expect(
      (await run(['sh', '-c', 'bin/utrace -V; cd bin; ./utrace -V; sh utrace -V'], { cwd: projectRoot }))
        .stderr,
    ).toBe('');
  });

  it('node runs in its place: same process, and its status is ours', async () => {
    writeFileSync(join(folder, 'pid'), '#!/bin/sh\necho $$\nexit 42\n', { mode: 0o755 });
    const shell = `echo $$; exec "${utracePath}" -p 1`;
    const { stdout, status } = await run(['sh', '-c', shell], {
      env: { PATH, UTRACE_NODE: join(folder, 'pid') },
    });
    const [before, inside] = stdout.split('\n');
    expect([inside, status]).toEqual([before, 42]);
  });

  it('no node: says so with the remedy, 125', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    for (const name of ['readlink', 'cat', 'sh', 'dirname']) symlinkSync(`/bin/${name}`, join(empty, name));
    const plain = await run([utracePath, '-p', '1'], { env: { PATH: empty } });
    expect([plain.status, plain.stderr]).toEqual([125, expect.stringMatching(/no node.*UTRACE_NODE/s)]);
    const sudo = await run([utracePath, '-p', '1'], { env: { PATH: empty, SUDO_USER: 'someone' } });
    expect([sudo.status, sudo.stderr]).toEqual([125, expect.stringMatching(/sudo.*UTRACE_NODE/s)]);
    const named = await run([utracePath, '-p', '1'], { env: { PATH, UTRACE_NODE: '/no/such/node' } });
    expect([named.status, named.stderr]).toEqual([125, expect.stringContaining('/no/such/node')]);
  });

  it('not built: names the command that builds it, 125', async () => {
    const { status, stderr } = await run([other, '--help']);
    expect([status, stderr]).toEqual([125, expect.stringContaining('npm run build')]);
  });
});
