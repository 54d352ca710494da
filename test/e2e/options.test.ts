/** Each option does what it says. Filters are tried twice: while recording, and on a whole trace while reporting. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  describePrivileged,
  fixture,
  record,
  report,
  run,
  temporaryFolder,
  utrace,
  utracePath,
} from './run.js';
import { callsIn, duration } from './summary.js';

describePrivileged('options', () => {
  const folder = temporaryFolder();
  const sort = [fixture('sort'), '-n', '300'];
  let whole = '';

  beforeAll(async () => {
    whole = (await record(folder, sort)).trace;
  });

  describe.each([
    [['-f', 'quick_sort'], ['quick_sort']],
    [
      ['--function', 'part*,swap'],
      ['partition', 'swap'],
    ],
    [
      ['-f', 'swap', '-f', 'fil?'],
      ['fill', 'swap'],
    ],
    [
      ['-f', 's*', '--no-function', 'srand,swap', '--no-function', 'strcmp', '--no-function', 'strtol'],
      ['same'],
    ],
    [
      ['-f', '[mq]*', '--no-lib', 'libc*'],
      ['main', 'quick_sort'],
    ],
    [
      ['-f', 'm*,rand', '--lib', 'libc.so.6', '--no-function', 'main'],
      ['malloc', 'memcmp', 'rand'],
    ],
  ])('%j', (options, names) => {
    it('selects the same functions while recording and while reporting', async () => {
      const early = await callsIn((await record(folder, sort, options)).trace);
      const late = await callsIn(whole, ...options);
      expect([...early.keys()].sort()).toEqual(names);
      expect(late).toEqual(early);
    });
  });

  it('--no-lib hides library calls and leaves own functions in place; --lib names the libraries that stay', async () => {
    const withoutLibc = await callsIn(whole, '--no-lib', 'libc.so*');
    expect(withoutLibc.get('rand')).toBeUndefined();
    expect(withoutLibc.get('quick_sort')).toBeGreaterThan(0);
    expect((await callsIn(whole, '--lib', 'libc')).get('rand')).toBe(600);
  });

  it('--max-depth: deeper calls vanish, in both ways alike', async () => {
    const fib = [fixture('fib'), '10'];
    const early = await callsIn((await record(folder, fib, ['--max-depth', '3', '-f', 'main,fib'])).trace);
    const late = await callsIn((await record(folder, fib)).trace, '--max-depth', '3', '-f', 'main,fib');
    expect(Object.fromEntries(early)).toEqual({ main: 1, fib: 3 }); // fib(10), fib(9), fib(8)
    expect(late).toEqual(early);
  });

  it('--time-filter: shorter calls vanish, longer ones stay', async () => {
    const sleep = [fixture('sleep')];
    for (const [time, names] of [
      ['15ms', ['inner', 'main', 'nanosleep', 'nap', 'outer']],
      ['60ms', ['main', 'outer']],
      ['2s', []],
    ] as const) {
      const early = await callsIn((await record(folder, sleep, ['--time-filter', time])).trace);
      expect([...early.keys()].sort()).toEqual(names);
    }
    const all = (await record(folder, sleep)).trace;
    expect([...(await callsIn(all, '--time-filter', '60ms')).keys()].sort()).toEqual(['main', 'outer']);
    expect((await callsIn(all, '--time-filter', '15ms')).get('inner')).toBe(2);
  });

  it('--tid-filter: one thread alone', async () => {
    const trace = (await record(folder, [fixture('threads'), '3', '10'])).trace;
    const chrome = JSON.parse(await report(trace, 'chrome')) as {
      traceEvents: { ph: string; tid: number; args?: { name?: string } }[];
    };
    const named = chrome.traceEvents.find((event) => event.args?.name === 'worker-1');
    const calls = await callsIn(trace, '--tid-filter', `${named?.tid}`);
    expect(calls.get('work')).toBe(10);
    expect(calls.get('main')).toBeUndefined();
  });

  it('--tid, --timestamp, --libname add to the call graph', async () => {
    const plain = await report(whole, 'call-graph');
    const tid = await report(whole, 'call-graph', '--tid');
    const line = (text: string): string => text.split('\n').find((l) => /\bsrand\b/.test(l)) ?? '';
    expect(line(tid)).not.toBe(line(plain));
    expect(line(tid)).toMatch(/\b\d+\b.*srand/);
    expect(line(await report(whole, 'call-graph', '--timestamp'))).toMatch(
      /\d\.\d{3,}.*srand|\d+ ?[nmu]?s.*srand/,
    );
    expect(line(plain)).not.toContain('libc');
    expect(line(await report(whole, 'call-graph', '--libname'))).toContain('libc.so.6');
  });

  it('--nest-lib: functions inside a loaded library', async () => {
    const calls = await callsIn(
      (await record(folder, sort, ['--nest-lib', 'libc*', '-f', 'main,srandom*,malloc'])).trace,
    );
    expect(calls.get('main')).toBe(1);
    expect([...calls.keys()].some((name) => name.startsWith('srandom'))).toBe(true);
  });

  it('--min-size: small functions are left out, library calls stay', async () => {
    const { trace, stderr } = await record(folder, sort, ['--min-size', '64']);
    const calls = await callsIn(trace);
    expect(stderr).not.toMatch(/error/i);
    expect(calls.get('random_number')).toBeUndefined();
    expect(calls.get('partition')).toBeGreaterThan(0);
    expect(calls.get('rand')).toBe(600);
  });

  it('--no-randomize-addr: the program lies where the linker put it', async () => {
    const cat = ['/bin/sh', '-c', 'cat /proc/self/personality'];
    expect((await record(folder, cat)).stdout.trim()).toBe('00000000');
    expect((await record(folder, cat, ['--no-randomize-addr'])).stdout.trim()).toBe('00040000');
  });

  it('-u: user, group and further groups of the account, in a world of its own', async () => {
    const wanted = (await run(['id', 'daemon'])).stdout;
    const copy = ['/usr/bin/id'];
    expect((await record(folder, copy, ['-u', 'daemon'])).stdout).toBe(wanted);
    expect(
      (await utrace(['--record', '-o', `${folder}/u.data`, '-u', 'no-such-user', '--', ...copy])).stderr,
    ).toContain('no-such-user');
  });

  it('-c: words are quoted as in a shell', async () => {
    const echo = `/bin/echo "a  b" 'c"d' e\\ f "" g'h'"i"`;
    const { stdout } = await utrace(['-o', '/dev/null', '-c', echo]);
    expect(stdout).toBe('a  b c"d e f  ghi\n');
    const { stdout: many } = await utrace(['-o', '/dev/null', '-c', `/bin/echo ${'x '.repeat(500)}`]);
    expect(many.trim().split(' ')).toHaveLength(500);
  });

  it('record and report are synonyms; utrace.data is the default file', async () => {
    expect((await run([utracePath, 'record', '--', ...sort], { cwd: folder })).status).toBe(0);
    const { stdout } = await run([utracePath, 'report', '--format=summary'], { cwd: folder });
    expect(stdout).toMatch(/partition/);
    const { stdout: other } = await run(
      [utracePath, 'report', '--format', 'summary', '--input', 'utrace.data'],
      {
        cwd: folder,
      },
    );
    expect(other).toBe(stdout);
  });

  it('live: the same calls as recorded, on stderr or where -o says, while stdout is the target’s', async () => {
    const file = `${folder}/live.txt`;
    const { stdout } = await utrace(['-o', file, '--', ...sort]);
    expect(stdout).toBe('sorted 300 ok\n');
    const text = readFileSync(file, 'utf8');
    const calls = await callsIn(whole);
    for (const name of ['quick_sort', 'partition', 'compare', 'rand']) {
      const count = text.match(new RegExp(`\\b${name}(@[^(]*)?\\(\\)(;| \\{)`, 'g'))?.length;
      expect([name, count]).toEqual([name, calls.get(name)]);
    }
    const streams = await utrace(['-f', 'fill', '--', ...sort]);
    expect(streams.stdout).toBe('sorted 300 ok\n');
    expect(streams.stderr.match(/fill\(\)/g)).toHaveLength(2);
  });

  it('-d talks more', async () => {
    const plain = await record(folder, sort);
    const debug = await record(folder, sort, ['-d']);
    expect(debug.stderr.length).toBeGreaterThan(plain.stderr.length);
  });

  it('--sample-time and --time-filter take every unit', async () => {
    for (const time of ['500ns', '10us', '1.5ms', '2s']) {
      expect(
        (await utrace(['--report', '-i', whole, '--format=summary', '--time-filter', time])).status,
      ).toBe(0);
      expect(duration(time)).toBeGreaterThan(0);
    }
  });
});

describe('options without privilege', () => {
  it('--help and --version', async () => {
    const help = await utrace(['--help']);
    expect(help.status).toBe(0);
    for (const option of [
      '--command',
      '--pid',
      '--record',
      '--report',
      '--nest-lib',
      '--sample-time',
      '--list',
    ]) {
      expect(help.stdout).toContain(option);
    }
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect((await utrace(['--version'])).stdout).toContain(version);
  });

  it('--list: each function with module, kind and reason; nothing is run, no privilege is needed', async () => {
    const words = [
      '--list',
      '--placement',
      'entry',
      '--min-size',
      '64',
      '--no-function',
      'main',
      '--',
      fixture('sort'),
    ];
    const { stdout, status } = await utrace(words);
    expect(status).toBe(0);
    expect(stdout).not.toContain('sorted');
    const line = (name: string): string =>
      stdout.split('\n').find((l) => new RegExp(`\\b${name}\\b`).test(l)) ?? '';
    expect(line('partition')).toMatch(/sort/);
    expect(line('rand')).toMatch(/plt.*libc|libc.*plt|libc/);
    expect(line('random_number')).toContain('smaller than --min-size');
    expect(line('main')).toContain('filtered by --no-function');
    expect(line('_start')).toContain('start-up helper');
    if (process.getuid?.() === 0) {
      const nobody = await run(['setpriv', '--reuid', '65534', '--clear-groups', utracePath, ...words]);
      expect(nobody.stdout).toBe(stdout);
    }
  });
});
