import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { calibrate, judge } from '../../src/record/placement/calibrate.js';
import { writeProgram } from '../../src/record/placement/calibration-program.js';
import {
  ALWAYS_EMULATED,
  type InstructionClass,
  SAMPLES,
} from '../../src/record/placement/instruction-class.js';
import { kernelFacts } from '../../src/record/placement/kernel-facts.js';
import { lines } from '../symbols/tools.js';

const isRoot = process.geteuid?.() === 0;

describe.skipIf(!isRoot)('on the running kernel (skipped without root)', () => {
  it('what every kernel emulates is found to be emulated', () => {
    const { emulated, ticks } = calibrate();
    for (const name of ALWAYS_EMULATED) expect([name, emulated.has(name)]).toEqual([name, true]);
    expect(ticks.get('mov')! / ticks.get('push')!).toBeGreaterThan(1.5);
  });

  it('it is measured once, then read from the cache; a damaged cache is measured again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'utrace-test-'));
    const file = join(folder, 'new', 'kernel.json');
    const measured = await kernelFacts(file);
    expect(measured.source).toBe('measured');
    const cached = await kernelFacts(file);
    expect(cached).toEqual({ emulated: measured.emulated, session: measured.session, source: 'cached' });
    for (const content of ['', '{}', 'null', readFileSync(file, 'utf8').replace('"key": "', '"key": "x')]) {
      writeFileSync(file, content);
      expect((await kernelFacts(file)).source).toBe('measured');
    }
    rmSync(folder, { recursive: true });
  });
});

describe('the judgement', () => {
  const ticks = (dear: number): Map<InstructionClass | 'mov', number> =>
    new Map<InstructionClass | 'mov', number>([
      ...SAMPLES.map((sample): [InstructionClass, number] => [
        sample.class,
        sample.class === 'nop9' ? dear : 110,
      ]),
      ['push', 100],
      ['mov', dear],
    ]);

  it('puts a class to the nearer of push and mov', () => {
    const emulated = judge(ticks(300));
    expect(emulated.has('nop9')).toBe(false);
    expect(emulated.has('nop3')).toBe(true);
  });

  it('is none where both cost alike', () => {
    expect(() => judge(ticks(120))).toThrow(/no telling them apart/);
  });
});

it('the program is what objdump reads in it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'utrace-test-'));
  const path = join(folder, 'program');
  const { file, offsets } = writeProgram(SAMPLES.map((sample) => sample.bytes));
  writeFileSync(path, file);
  const raw = ['-D', '-b', 'binary', '-m', 'i386:x86-64', `--start-address=${offsets[0]}`];
  const text = lines('objdump', ...raw, '--no-show-raw-insn', path).join('\n');
  const mnemonics = offsets.map(
    (offset) => new RegExp(`^\\s*${offset.toString(16)}:\\s+(.*?)\\s*$`, 'm').exec(text)?.[1],
  );
  expect(mnemonics.map((line) => line?.split(/\s/)[0])).toEqual([
    ...[
      'push',
      'push',
      'jmp',
      'je',
      'nop',
      'xchg',
      'nopl',
      'nopl',
      'nopl',
      'nopw',
      'nopl',
      'nopl',
      'nopw',
      'data16',
    ],
  ]);
  rmSync(folder, { recursive: true });
});
