/** Every row of the errno table is found by its name, says something, and is found through a chain of causes. */
import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { ErrnoError } from '../../src/bpf/libc.js';
import { ADVICE, adviceFor, errnoOf, hintFor } from '../../src/cli/advice.js';
import { UtraceError } from '../../src/util/errors.js';

const WORDS: readonly (readonly [errno: string, domain: 'kernel' | 'file', words: RegExp])[] = [
  ['E2BIG', 'kernel', /--function/],
  ['EACCES', 'kernel', /capability/],
  ['EACCES', 'file', /permission/],
  ['EAGAIN', 'kernel', /ulimit/],
  ['EBUSY', 'kernel', /tracer/],
  ['ECHILD', 'kernel', /ended/],
  ['EDQUOT', 'file', /quota.*-o/],
  ['EFBIG', 'file', /ulimit -f/],
  ['EINTR', 'kernel', /again/],
  ['EINVAL', 'kernel', /uname -r/],
  ['EIO', 'file', /dmesg/],
  ['EISDIR', 'file', /folder|directory/],
  ['ELOOP', 'file', /links/],
  ['EMFILE', 'file', /ulimit -n/],
  ['ENAMETOOLONG', 'file', /long/],
  ['ENFILE', 'file', /file-nr/],
  ['ENODEV', 'kernel', /CONFIG_UPROBES/],
  ['ENOENT', 'file', /path/],
  ['ENOEXEC', 'file', /file PATH/],
  ['ENOMEM', 'kernel', /memory/],
  ['ENOSPC', 'file', /df -h.*-o/],
  ['ENOSYS', 'kernel', /CONFIG_BPF_SYSCALL/],
  ['ENOTDIR', 'file', /folder|directory/],
  ['ENOTSUPP', 'kernel', /--no-function/],
  ['EOPNOTSUPP', 'kernel', /--no-function/],
  ['EPERM', 'kernel', /CAP_BPF.*lockdown/],
  ['EPIPE', 'file', /reader/],
  ['EROFS', 'file', /read-only/],
  ['ESRCH', 'kernel', /ended/],
  ['ETXTBSY', 'file', /written/],
];

describe('advice', () => {
  it.each(WORDS)('%s (%s)', (errno, domain, words) => {
    expect(adviceFor(errno, domain)).toMatch(words);
  });

  it('every row has a test, and is an errno of this system or 524', () => {
    expect([...new Set(WORDS.map(([errno]) => errno))].sort()).toEqual(Object.keys(ADVICE).sort());
    const unknown = Object.keys(ADVICE).filter((name) => !(name in constants.errno));
    expect(unknown).toEqual(['ENOTSUPP']);
  });

  it('nothing for an unknown errno', () => {
    expect(adviceFor('ENOTHING', 'file')).toBeUndefined();
  });

  it('finds the errno of BPF calls and of Node, however deep', () => {
    const cause = new ErrnoError('bpf', 'ENOMEM');
    const outer = new Error('outer', { cause: new Error('inner', { cause }) });
    expect(errnoOf(outer)).toBe('ENOMEM');
    expect(errnoOf(Object.assign(new Error('x'), { code: 'EROFS', errno: -30 }))).toBe('EROFS');
    expect(errnoOf(Object.assign(new Error('x'), { code: 'ERR_STREAM_DESTROYED' }))).toBeUndefined();
    expect(errnoOf('no error')).toBeUndefined();
  });

  it("an error's own hint is kept, else its domain decides", () => {
    const cause = new ErrnoError('bpf', 'ENOSPC');
    const hint = (code: string, own?: string) =>
      hintFor(new UtraceError({ code, message: 'm', hint: own, cause }));
    expect(hint('ATTACH_FAILED', 'own')).toBe('own');
    expect(hint('ATTACH_FAILED')).toBe(ADVICE.ENOSPC?.kernel);
    expect(hint('OUTPUT_IO')).toBe(ADVICE.ENOSPC?.file);
    expect(hintFor(new UtraceError({ code: 'X', message: 'm' }))).toBeUndefined();
  });
});
