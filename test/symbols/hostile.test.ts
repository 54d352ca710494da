/**
 * Random damage to small ELF files: whatever is read, nothing but an UtraceError comes out, soon and
 * without more memory than the file's size would explain. The seed is fixed, so a failure can be seen again.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makePlan } from '../../src/record/make-plan.js';
import { ASSUMED } from '../../src/record/placement/kernel-facts.js';
import { withElf } from '../../src/symbols/elf-file.js';
import { readVersions } from '../../src/symbols/versions.js';
import { UtraceError } from '../../src/util/errors.js';
import { fixture, temporaryFolder } from './tools.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const file = join(folder.path, 'damaged');

/** Everything that is read of a file, as an executable and as a library; the code of the error if there is one. */
function readAll(content: Buffer): string {
  writeFileSync(file, content);
  try {
    const selection = { functions: { include: [], exclude: [] }, libraries: { include: [], exclude: [] } };
    withElf(file, readVersions);
    makePlan({
      executable: file,
      libraries: [file],
      selection: { ...selection, nestLibraries: ['*'], minSize: 0 },
      placement: { kind: 'cheapest', kernel: ASSUMED, libraries: false },
    });
    return 'read';
  } catch (error) {
    if (error instanceof UtraceError) return error.code;
    throw error;
  }
}

/** Numbers below `limit`, the same in each run (xorshift32). */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

const originals = ['bfd-ibt-now', 'bfd-lazy', 'gold-lazy', 'lld-lazy', 'mold-now'].map((name) =>
  readFileSync(fixture(name)),
);
const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0xfffe, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];

describe('damaged files', () => {
  it('cut off anywhere', () => {
    const random = randomNumbers(1);
    const seen = new Set<string>();
    for (let i = 0; i < 600; i++) {
      const original = originals[i % originals.length]!;
      seen.add(readAll(original.subarray(0, random(original.length))));
    }
    expect(seen).not.toContain('read');
    expect(seen).toContain('ELF_TRUNCATED');
  });

  it('single bytes flipped', () => {
    const random = randomNumbers(2);
    for (let i = 0; i < 1500; i++) {
      const copy = Buffer.from(originals[i % originals.length]!);
      for (let n = random(4); n >= 0; n--) copy[random(copy.length)] = random(256);
      readAll(copy);
    }
  });

  it('headers, tables and dynamic entries set to extreme numbers', () => {
    const random = randomNumbers(3);
    for (let i = 0; i < 1500; i++) {
      const copy = Buffer.from(originals[i % originals.length]!);
      const headers = [random(64), 64 + random(600), copy.length - 4 - random(2000), random(copy.length - 4)];
      for (let n = random(3); n >= 0; n--) {
        copy.writeUInt32LE(EXTREMES[random(EXTREMES.length)]!, headers[random(4)]!);
      }
      readAll(copy);
    }
  });

  it('a symbol table whose names all are one endless name', () => {
    const copy = Buffer.from(originals[1]!);
    const at = copy.indexOf('main\0');
    copy.fill(0x41, at, copy.length - 4096);
    expect(['read', 'ELF_DAMAGED', 'ELF_TRUNCATED']).toContain(readAll(copy));
  });
});
