/** From the words of a command line to typed options, and every way in which they can be wrong. */
import { describe, expect, it } from 'vitest';
import { displayOptions, recordOptions, reportOptions } from '../../src/cli/normalise.js';
import { parseCommandLine } from '../../src/cli/parse.js';

const run = (...argv: string[]) => recordOptions(parseCommandLine(argv));
const show = (...argv: string[]) => reportOptions(parseCommandLine(['--report', ...argv]), false);

describe('what to do', () => {
  it.each([
    [['-c', 'ls'], 'live'],
    [['--', 'ls'], 'live'],
    [['-p', '7'], 'live'],
    [['--record', '-c', 'ls'], 'record'],
    [['record', '-c', 'ls'], 'record'],
    [['record', '--', 'report'], 'record'],
    [['--report'], 'report'],
    [['report'], 'report'],
    [['--list', '--', 'ls'], 'list'],
  ])('%j is %s', (argv, mode) => {
    expect(parseCommandLine(argv).mode).toBe(mode);
  });

  it('help and version need nothing else', () => {
    expect(parseCommandLine(['-dh']).flags).toContain('help');
    expect(parseCommandLine(['--version', '--report', '-c', 'x']).flags).toContain('version');
  });
});

describe('target', () => {
  const argv = (...words: string[]) => {
    const { target } = run(...words);
    return target.kind === 'launch' ? target.argv : undefined;
  };

  it.each<[string[], string[]]>([
    [
      ['-c', 'ls -l'],
      ['ls', '-l'],
    ],
    [
      ['-c', `sh -c 'a b'`],
      ['sh', '-c', 'a b'],
    ],
    [['--command=ls -l'], ['ls', '-l']],
    [['-cls -l'], ['ls', '-l']],
    [
      ['--', 'ls', '-l', '--record', '-h'],
      ['ls', '-l', '--record', '-h'],
    ],
    [
      ['--', 'ls', '--', '-p', '5'],
      ['ls', '--', '-p', '5'],
    ],
    [
      ['--', 'ls', '', 'a b'],
      ['ls', '', 'a b'],
    ],
    [['-c', '-weird'], []],
    [['--command=-weird x'], ['-weird', 'x']],
  ])('%j runs %j', (words, expected) => {
    if (expected.length === 0) expect(() => argv(...words)).toThrow('--command needs a value');
    else expect(argv(...words)).toEqual(expected);
  });

  it('options after the value of -c are ours', () => {
    const options = run('-c', 'ls -l', '-f', 'main', '-u', 'nobody', '--no-randomize-addr');
    expect(options.target).toEqual({
      kind: 'launch',
      argv: ['ls', '-l'],
      user: 'nobody',
      randomizeAddresses: false,
    });
    expect(options.selection.functions.include).toEqual(['main']);
  });

  it('-p', () => {
    for (const words of [['-p', '42'], ['-p42'], ['--pid=42']]) {
      expect(run(...words).target).toEqual({ kind: 'attach', pid: 42 });
    }
  });
});

describe('filters', () => {
  it('are repeatable and take comma lists', () => {
    const { selection } = run(
      ...['-f', 'a,b', '--function=c', '-fd,e', '--no-function', 'f(int, int),g', '-l', 'libc,libm*'],
      ...['--no-lib', 'libm*', '--nest-lib=libc.so.6', '--nest-lib', 'libz', '--min-size', '64', '--', 'ls'],
    );
    expect(selection).toEqual({
      functions: { include: ['a', 'b', 'c', 'd', 'e'], exclude: ['f(int, int)', 'g'] },
      libraries: { include: ['libc', 'libm*'], exclude: ['libm*'] },
      nestLibraries: ['libc.so.6', 'libz'],
      minSize: 64,
    });
  });

  it.each([
    ['500ns', 500],
    ['10us', 10_000],
    ['10µs', 10_000],
    ['10μs', 10_000],
    ['1.5ms', 1_500_000],
    ['2s', 2_000_000_000],
    ['42', 42],
    ['.5us', 500],
  ])('--time-filter %s is %d ns, recording and reporting', (text, ns) => {
    expect(run('--time-filter', text, '--', 'ls').filter.minDuration).toBe(ns);
    expect(show(`--time-filter=${text}`).filter.minDuration).toBe(ns);
  });

  it('depth and thread', () => {
    const filter = { maxDepth: 3, tid: 99, minDuration: undefined };
    expect(run('--max-depth', '3', '--tid-filter', '99', '--', 'ls').filter).toEqual(filter);
    expect(show('--max-depth=3', '--tid-filter=99').filter).toEqual(filter);
  });
});

describe('display', () => {
  it('live', () => {
    const raw = parseCommandLine(['--flat', '--tid', '--timestamp', '--libname', '-c', 'ls']);
    expect(displayOptions(raw)).toEqual({ flat: true, tid: true, timestamp: true, libname: true });
  });

  it('a report, by default', () => {
    expect(show()).toMatchObject({
      input: 'utrace.data',
      format: 'call-graph',
      flat: false,
      tid: false,
      timestamp: false,
      libname: false,
      sampleTime: 1000,
      columns: { avgSelf: false, avgTotal: false, percentSelf: false, percentTotal: false },
    });
  });

  it('a report, with everything', () => {
    const all = [
      '-i',
      'x.data',
      '--format',
      'summary',
      '--avg-self',
      '--avg-total',
      '--percent-self',
      '--percent-total',
    ];
    expect(show(...all, '--sample-time', '2us')).toMatchObject({
      input: 'x.data',
      format: 'summary',
      sampleTime: 2000,
      columns: { avgSelf: true, avgTotal: true, percentSelf: true, percentTotal: true },
    });
  });

  it('the last of a flag counts, and options are frozen', () => {
    expect(show('--flat', '--flat=false').flat).toBe(false);
    expect(Object.isFrozen(show())).toBe(true);
    expect(Object.isFrozen(run('--', 'ls'))).toBe(true);
  });
});

describe('errors name what is wrong and what to do', () => {
  it.each<[string[], RegExp, RegExp]>([
    [['--recrod', '--', 'ls'], /unknown option --recrod/, /--record/],
    [['--nolib', 'x', '--', 'ls'], /unknown option --nolib/, /--no-lib/],
    [['--no-flat', '--', 'ls'], /unknown option --no-flat/, /./],
    [['-x', '--', 'ls'], /unknown option -x/, /--help/],
    [['--constructor', '--', 'ls'], /unknown option --constructor/, /./],
    [['ls', '-l'], /unexpected word 'ls'/, /utrace -- ls -l$/],
    [['-f', 'a b', 'ls', '-l'], /unexpected word 'ls'/, /utrace -f 'a b' -- ls -l$/],
    [['-c', 'ls', '-l', 'libc', 'x'], /unexpected word 'x'/, /one word/],
    [['recrod', '-c', 'ls'], /unknown command 'recrod'/, /utrace record/],
    [['--report', 'my.data'], /unexpected word 'my.data'/, /-i my.data/],
    [['-c'], /--command needs a value/, /COMMAND/],
    [['-o', '', '--', 'ls'], /--output needs a value/, /FILE/],
    [['-f', '--list', '--', 'ls'], /--function needs a value/, /--function=/],
    [['--flat=no', '--', 'ls'], /--flat takes no value/, /./],
    [['--max-depth', '2', '--max-depth', '3', '--', 'ls'], /2 times/, /once/],
    [['--record', '--report'], /--record and --report/, /./],
    [['--format', 'summary', '--', 'ls'], /--format means nothing to a live/, /--report/],
    [['--record', '--avg-self', '--', 'ls'], /--avg-self means nothing to --record/, /--report/],
    [['--report', '-p', '5'], /--pid means nothing to --report/, /./],
    [['--report', '-u', 'root'], /--user means nothing to --report/, /./],
  ])('%j', (argv, message, hint) => {
    expectError(() => parseCommandLine(argv), message, hint);
  });

  it.each<[string[], RegExp, RegExp]>([
    [[], /nothing to trace/, /-c .*-p/],
    [['--'], /command is empty/, /-c/],
    [['-c', '  '], /command is empty/, /-c/],
    [['-c', 'a "b'], /never closed/, /quote/],
    [['-c', 'ls', '--', 'ls'], /-c and -- name two targets/, /one/],
    [['-p', '1', '-c', 'ls'], /-c and -p name two targets/, /one/],
    [['-p', 'x1'], /--pid.*'x1'/, /--pid/],
    [['-p', '0'], /--pid.*'0'/, /--pid/],
    [['-p', '1', '-u', 'root'], /--user cannot change/, /-c/],
    [['-p', '1', '--no-randomize-addr'], /--no-randomize-addr cannot change/, /-c/],
    [['--max-depth', 'deep', '--', 'ls'], /--max-depth.*'deep'/, /./],
    [['--max-depth', '0', '--', 'ls'], /--max-depth.*'0'/, /./],
    [['--max-depth', '-1', '--', 'ls'], /--max-depth.*'-1'/, /./],
    [['--max-depth', '0x10', '--', 'ls'], /--max-depth.*'0x10'/, /./],
    [['--min-size', '1.5x', '--', 'ls'], /--min-size.*'1.5x'/, /./],
    [['--tid-filter', '1e3', '--', 'ls'], /--tid-filter.*'1e3'/, /./],
    [['--tid-filter', '99999999999999999999', '--', 'ls'], /--tid-filter/, /./],
    [['--time-filter', '10parsecs', '--', 'ls'], /--time-filter.*'10parsecs'/, /ms/],
    [['--time-filter', '-5ms', '--', 'ls'], /--time-filter.*'-5ms'|needs a value/, /./],
    [['-f', ',', '--', 'ls'], /--function.*','/, /./],
    [['--engine', 'tracef', '--', 'ls'], /--engine.*session, multi, tracefs.*'tracef'/, /--engine=tracefs/],
  ])('%j', (argv, message, hint) => {
    expectError(() => run(...argv), message, hint);
  });

  it.each<[string[], RegExp, RegExp]>([
    [['--format', 'sumary'], /--format.*'sumary'/, /summary/],
    [['--sample-time', '0'], /--sample-time/, /./],
    [['--sample-time', 'fast'], /--sample-time.*'fast'/, /./],
    [['--', 'ls'], /command/, /--report/],
  ])('--report %j', (argv, message, hint) => {
    expectError(() => show(...argv), message, hint);
  });
});

function expectError(action: () => unknown, message: RegExp, hint: RegExp): void {
  expect(action).toThrow(
    expect.objectContaining({
      name: 'UtraceError',
      exitCode: 125,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    }),
  );
}
