/** Files named by -o: nothing that was there is lost to an error. */
import { existsSync, linkSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { LazyFile, openOutput, refuseSameFile } from '../../src/cli/output.js';
import { temporaryFolder } from '../e2e/run.js';

describe('output files', () => {
  const folder = temporaryFolder();

  it('a lazy file is made, and an old one emptied, by the first write', async () => {
    const path = join(folder, 'lazy');
    writeFileSync(path, 'the old report, which is longer');
    const file = new LazyFile(path);
    expect(readFileSync(path, 'utf8')).toMatch(/^the old/);
    file.write('new ');
    file.end('report');
    await finished(file);
    expect(readFileSync(path, 'utf8')).toBe('new report');
  });

  it('a lazy file without a write is not made', async () => {
    const path = join(folder, 'never');
    const file = new LazyFile(path);
    file.end();
    await finished(file);
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    ['/dev/full', 'ENOSPC'],
    ['/no/such/folder/x', 'ENOENT'],
    ['/', 'EISDIR'],
  ])('%s: %s, with the path', async (path, errno) => {
    const file = new LazyFile(path);
    file.end('text');
    await expect(finished(file)).rejects.toThrow(`cannot write to ${path}: ${errno}`);
    expect(file.failure).toMatchObject({ code: 'OUTPUT_NOT_WRITABLE', exitCode: 125 });
  });

  it('opening at once fails at once', () => {
    expect(() => openOutput('/no/such/folder/x')).toThrow('cannot write to /no/such/folder/x: ENOENT');
  });

  it('the trace itself is refused, by whatever name', () => {
    const trace = join(folder, 'utrace.data');
    writeFileSync(trace, '');
    symlinkSync(trace, join(folder, 'symbolic'));
    linkSync(trace, join(folder, 'hard'));
    for (const name of ['utrace.data', 'symbolic', 'hard']) {
      expect(() => refuseSameFile(trace, join(folder, name))).toThrow('is the trace file itself');
    }
    refuseSameFile(trace, join(folder, 'other'));
    refuseSameFile(join(folder, 'missing'), trace);
  });
});
