/** What a person sees of an error, and the status that a script sees. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeError } from '../../src/cli/print-error.js';
import { UtraceError } from '../../src/util/errors.js';
import { type Compiled, compile } from './child.js';

describe('describeError', () => {
  it('message, then the hint, each of its lines indented', () => {
    const error = new UtraceError({ code: 'X', message: 'it failed', hint: 'one\ntwo' });
    expect(describeError(error, false)).toBe('utrace: it failed\n  one\n  two\n');
    expect(describeError(new UtraceError({ code: 'X', message: 'it failed' }), false)).toBe(
      'utrace: it failed\n',
    );
  });

  it('the advice for the errno of the cause, unless there is a hint', () => {
    const cause = Object.assign(new Error('x'), { code: 'ENOSPC' });
    const facts = { code: 'OUTPUT_IO', message: 'cannot write', cause };
    expect(describeError(new UtraceError(facts), false)).toMatch(/^utrace: cannot write\n {2}.*df -h/);
    expect(describeError(new UtraceError({ ...facts, hint: 'own' }), false)).toBe(
      'utrace: cannot write\n  own\n',
    );
  });

  it('an unexpected exception is one line and a remedy', () => {
    const text = describeError(new TypeError('a is\nnot b'), false);
    expect(text).toMatch(/^utrace: unexpected error: TypeError: a is; not b\n {2}.*--debug.*\n$/);
    expect(describeError('thrown text', false)).toMatch(/^utrace: unexpected error: thrown text\n/);
    expect(describeError(undefined, false)).toMatch(/^utrace: unexpected error: undefined\n/);
  });

  it('stacks of the whole chain with debug only; a circle of causes ends', () => {
    const cause = new Error('the root');
    const error = new UtraceError({ code: 'X', message: 'it failed', cause });
    expect(describeError(error, false)).not.toContain('the root');
    expect(describeError(error, true)).toMatch(
      /\n {2}UtraceError: it failed\n.*\n {2}caused by: Error: the root\n/s,
    );
    cause.cause = error;
    expect(describeError(error, true).match(/caused by/g)?.length).toBeLessThan(10);
  });
});

describe('printError', () => {
  let compiled: Compiled;
  beforeAll(() => {
    compiled = compile('cli/print-error.ts');
  });
  afterAll(() => compiled.remove());

  it('writes to stderr and gives the exit status', () => {
    const print = (error: string) =>
      compiled.run(
        `const { printError } = await import(base + '/cli/print-error.js');
         const { UtraceError } = await import(base + '/util/errors.js');
         process.exit(printError(${error}, false));`,
      );
    expect(print(`new UtraceError({ code: 'X', message: 'gone', exitCode: 127 })`)).toMatchObject({
      status: 127,
      stdout: '',
      stderr: 'utrace: gone\n',
    });
    expect(print(`new UtraceError({ code: 'X', message: 'bad' })`).status).toBe(125);
    expect(print(`new Error('bad')`).status).toBe(125);
  });

  it('a closed stderr is no crash', () => {
    const script = `const { printError } = await import(base + '/cli/print-error.js');
                    process.exit(printError(new Error('bad'), false));`;
    expect(compiled.run(script, ['sh', '-c', 'exec "$@" 2>&-', 'sh']).status).toBe(125);
  });
});
