import { describe, expect, it } from 'vitest';
import { libraryNames } from '../../src/util/library.js';
import { fixture } from '../symbols/tools.js';
import { outcome, plan, probed } from './plans.js';

const small = fixture('bfd-lazy');

describe('patterns', () => {
  it('--function applies to functions and library calls, --no-function takes away', () => {
    expect(probed(plan(small, { function: ['m*', 'puts'] })).sort()).toEqual([
      'magnitude',
      'main',
      'measure',
      'puts',
    ]);
    const made = plan(small, { function: ['m*'], noFunction: ['main'] });
    expect(outcome(made)).toMatchObject({
      measure: 'probe',
      main: 'filtered by --no-function',
      puts: 'filtered by --function',
      _start: 'start-up helper',
    });
  });

  it.each(['libc.so.6', 'libc.so', 'libc', 'libc*', 'lib?'])('--lib %s', (pattern) => {
    expect(probed(plan(small, { lib: [pattern] }), 'plt')).toContain('puts');
    expect(probed(plan(small, { noLib: [pattern] }), 'plt')).toEqual([]);
    expect(probed(plan(small, { noLib: [pattern] }), 'function')).toContain('main');
  });

  it('names of a library', () => {
    expect(libraryNames('libstdc++.so.6.0.30')).toEqual([
      'libstdc++.so.6.0.30',
      'libstdc++.so.6.0',
      'libstdc++.so.6',
      'libstdc++.so',
      'libstdc++',
    ]);
    expect(libraryNames('libpthread-2.31.so')).toEqual([
      'libpthread-2.31.so',
      'libpthread-2.31',
      'libpthread',
    ]);
    expect(libraryNames('plugin')).toEqual(['plugin']);
  });

  it.each([
    [{ function: ['mesure'] }, /--function 'mesure'/, /nearest: measure/],
    [{ function: ['main', 'strtl'] }, /'strtl'/, /strtol/],
    [{ lib: ['libm.so.6'] }, /--lib 'libm.so.6'/, /libc.so.6/],
    [{ nestLib: ['libz*'] }, /--nest-lib 'libz\*'/, /nearest|--list/],
  ])('that match nothing are an error: %j', (choice, message, hint) => {
    expect(() => plan(small, choice)).toThrowError(
      expect.objectContaining({
        code: 'NO_MATCH',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      }),
    );
  });

  it('--no-function that matches nothing is harmless', () => {
    expect(probed(plan(small, { noFunction: ['nothing'] }))).toEqual(probed(plan(small)));
  });

  it('--min-size leaves library calls alone', () => {
    const made = plan(small, { minSize: 40 });
    expect(outcome(made)).toMatchObject({ main: 'probe', measure: 'smaller than --min-size', puts: 'probe' });
  });
});
