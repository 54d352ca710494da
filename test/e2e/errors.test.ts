/** What goes wrong is said with its remedy, the exit status is 125, 126 or 127, and nothing is lost. */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  describePrivileged,
  fixture,
  record,
  run,
  start,
  temporaryFolder,
  utrace,
  utracePath,
} from './run.js';

describePrivileged('errors when launching and attaching', () => {
  const folder = temporaryFolder();
  const recordTo = ['--record', '-o', `${folder}/none.data`];

  it('no such program: 127', async () => {
    const { status, stderr } = await utrace([...recordTo, '--', 'no-such-program']);
    expect([status, stderr]).toEqual([127, expect.stringContaining('no-such-program')]);
    expect((await utrace([...recordTo, '--', './no/such/program'])).status).toBe(127);
  });

  it('not executable, a folder: 126', async () => {
    writeFileSync(`${folder}/plain`, 'text');
    for (const path of [`${folder}/plain`, folder]) {
      const { status, stderr } = await utrace([...recordTo, '--', path]);
      expect([status, stderr]).toEqual([126, expect.stringContaining(path)]);
    }
  });

  it('a script: names its interpreter', async () => {
    writeFileSync(`${folder}/script`, '#!/bin/sh\necho run\n', { mode: 0o755 });
    const { stderr, stdout } = await utrace([...recordTo, '--', `${folder}/script`]);
    expect(stderr).toContain('/bin/sh');
    expect(stdout).toBe('');
  });

  it('not an ELF file; another machine; 32 bits', async () => {
    const elf = readFileSync(fixture('sort'));
    const variants: [string, (bytes: Buffer) => void, RegExp][] = [
      ['noise', (bytes) => bytes.fill(0x7a, 0, 16), /ELF/],
      ['arm', (bytes) => bytes.writeUInt16LE(183, 18), /aarch64|arm64|machine|architecture/i],
      ['bits32', (bytes) => bytes.writeUInt8(1, 4), /32/],
    ];
    for (const [name, change, words] of variants) {
      const bytes = Buffer.from(elf);
      change(bytes);
      writeFileSync(`${folder}/${name}`, bytes, { mode: 0o755 });
      const { status, stderr } = await utrace([...recordTo, '--', `${folder}/${name}`]);
      expect([name, status, words.test(stderr)]).toEqual([name, 126, true]);
    }
  });

  it('no such process', async () => {
    const { status, stderr } = await utrace([...recordTo, '-p', '4194300']);
    expect([status, stderr]).toEqual([125, expect.stringContaining('4194300')]);
    expect((await utrace([...recordTo, '-p', 'x1'])).stderr).toContain('x1');
  });

  it('a pattern that matches nothing: the nearest names', async () => {
    const { status, stderr } = await utrace([...recordTo, '-f', 'quicksort', '--', fixture('sort')]);
    expect(status).toBe(125);
    expect(stderr).toContain('quick_sort');
  });

  it('an output that cannot be written: before the program is run', async () => {
    const path = `${folder}/no/such/folder/out`;
    for (const words of [
      ['--record', '-o', path],
      ['-o', path],
    ]) {
      const { status, stderr, stdout } = await utrace([...words, '--', fixture('sort')]);
      expect([status, stdout]).toEqual([125, '']);
      expect(stderr).toContain(path);
    }
  });

  it('a full disk: the target runs to its end, the loss is said, what was written is readable', async () => {
    const disk = `${folder}/disk`;
    mkdirSync(disk);
    const mounted = await run(['mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]);
    expect(mounted.stderr).toBe('');
    try {
      const { stdout, stderr, status } = await utrace([
        '--record',
        '-o',
        `${disk}/full.data`,
        '--',
        fixture('sort'),
        '-n',
        '100000',
      ]);
      expect(stdout).toBe('sorted 100000 ok\n');
      expect(stderr).toMatch(/disk|space|ENOSPC/i);
      expect(status).toBe(125);
    } finally {
      await run(['umount', disk]);
    }
    expect(
      (await utrace(['--report', '-i', await wholeTrace(folder), '--format=summary', '-o', '/dev/full']))
        .status,
    ).toBe(125);
  });

  it('under sudo the trace belongs to the invoking user', async () => {
    const trace = `${folder}/sudo.data`;
    const environment = { ...process.env, SUDO_UID: '1234', SUDO_GID: '2345', SUDO_USER: 'someone' };
    await utrace(['--record', '-o', trace, '--', fixture('startup')], { env: environment });
    const { uid, gid } = statSync(trace);
    expect([uid, gid]).toEqual([1234, 2345]);
  });

  it('without privilege: says what is missing and prints a command that names this node', async () => {
    const nobody = ['setpriv', '--reuid', '65534', '--clear-groups'];
    const { status, stderr } = await run([...nobody, utracePath, '-o', '/dev/null', '--', fixture('sort')]);
    expect(status).toBe(125);
    expect(stderr).toMatch(/root|CAP_/);
    expect(stderr).toMatch(/sudo .*node .* -- /);
    const server = start([fixture('server')]);
    await server.seen('ready');
    const other = await run([...nobody, utracePath, '-p', `${server.pid}`]);
    expect(other.status).toBe(125);
    server.say('quit');
    await server.ended;
  });
});

describePrivileged('errors of trace files', () => {
  const folder = temporaryFolder();
  let trace = '';

  beforeAll(async () => {
    trace = await wholeTrace(folder);
  });

  it('missing, empty, foreign, truncated, newer', async () => {
    writeFileSync(`${folder}/empty`, '');
    writeFileSync(`${folder}/foreign`, 'not a trace\n'.repeat(1000));
    copyFileSync(trace, `${folder}/truncated`);
    truncateSync(`${folder}/truncated`, Math.floor(statSync(trace).size / 2));
    copyFileSync(trace, `${folder}/newer`);
    const newer = new Database(`${folder}/newer`);
    newer.pragma('user_version = 1000');
    newer.close();
    for (const [name, words] of [
      ['missing', /there is no trace/i],
      ['empty', /empty|not a/i],
      ['foreign', /not a/i],
      ['truncated', /truncat|damaged|incomplete|malformed|cut/i],
      ['newer', /newer/i],
    ] as const) {
      const { status, stderr, stdout } = await utrace([
        '--report',
        '-i',
        `${folder}/${name}`,
        '--format=summary',
      ]);
      expect([name, status, stdout, words.test(stderr) || stderr]).toEqual([name, 125, '', true]);
      expect(stderr).toContain(name);
    }
  });

  it('a trace that may not be read', async () => {
    const locked = `${folder}/locked`;
    copyFileSync(trace, locked);
    chmodSync(locked, 0o600);
    const nobody = ['setpriv', '--reuid', '65534', '--clear-groups'];
    chmodSync(folder, 0o755);
    const { status, stderr } = await run([...nobody, utracePath, '--report', '-i', locked]);
    expect([status, stderr]).toEqual([125, expect.stringMatching(/permission|EACCES/i)]);
    // A report of a readable trace in a folder that is not ours needs nothing more.
    chmodSync(locked, 0o644);
    expect((await run([...nobody, utracePath, '--report', '-i', locked, '--format=summary'])).status).toBe(0);
  });

  it('a closed pipe ends the report quietly', async () => {
    const { stderr } = await run(['sh', '-c', `"${utracePath}" --report -i "${trace}" | head -1`]);
    expect(stderr).not.toMatch(/EPIPE|at .*\.js/);
  });
});

describe('errors of the command line', () => {
  it.each([
    [['--recrod', '--', 'true'], /--record/],
    [['--report', '--format=sumary'], /summary/],
    [['--time-filter', '10parsecs', '--', 'true'], /10parsecs/],
    [['--max-depth', 'deep', '--', 'true'], /deep/],
    [['--max-depth', '-1', '--', 'true'], /max-depth/],
    [['--min-size', '1.5x', '--', 'true'], /1\.5x/],
    [['--tid-filter', '0x', '--', 'true'], /0x/],
    [['-p', '1', '-c', 'true'], /-p|--pid/],
    [['-c', 'echo "open'], /quot/],
    [[], /-c|--command|usage/i],
  ])('%j: 125 and a word that helps', async (words, help) => {
    const { status, stderr, stdout } = await utrace(words);
    expect([status, stdout]).toEqual([125, '']);
    expect(stderr).toMatch(help);
    expect(stderr).not.toMatch(/\bat .*\.js/);
  });
});

async function wholeTrace(folder: string): Promise<string> {
  return (await record(folder, [fixture('sort'), '-n', '100'])).trace;
}
