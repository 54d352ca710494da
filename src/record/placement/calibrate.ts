/**
 * Asks the running kernel, by effect, which instructions it emulates under a uprobe: a program of a few hundred bytes
 * (calibration-program.ts) runs each class of instruction some hundred times with a probe on it, and what that costs tells.
 * A push is emulated by every kernel and `mov` by none; a class belongs to the nearer of the two. Takes about 40 ms.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadEmptyProgram } from '../../bpf/empty-program.js';
import { closeFd } from '../../bpf/libc.js';
import {
  BPF_TRACE_UPROBE_MULTI,
  BPF_TRACE_UPROBE_SESSION,
  createMultiLink,
  supportsMultiLink,
} from '../../bpf/links.js';
import type { FileOffset, Pid } from '../../util/units.js';
import { CALLS, ROUNDS, writeProgram } from './calibration-program.js';
import { type InstructionClass, SAMPLES } from './instruction-class.js';

export interface Calibration {
  readonly emulated: ReadonlySet<InstructionClass>;
  /** Ticks of the time-stamp counter that one probed call took, by class; `mov` stands for all that is single-stepped. */
  readonly ticks: ReadonlyMap<InstructionClass | 'mov', number>;
  /** The kernel has session links, whose program can decline a return at the call. */
  readonly session: boolean;
}

/** Throws what the kernel or the file system says where it cannot be done; nothing is left behind. */
export function calibrate(): Calibration {
  const { file, offsets } = writeProgram([MOV, ...SAMPLES.map((sample) => sample.bytes)]);
  const folder = mkdtempSync(join(tmpdir(), 'utrace-calibration-'));
  try {
    const path = join(folder, 'program');
    writeFileSync(path, file);
    chmodSync(path, 0o700);
    const [mov, ...samples] = runProbed(path, offsets);
    const ticks = new Map<InstructionClass | 'mov', number>([['mov', mov!]]);
    for (const [index, sample] of SAMPLES.entries()) ticks.set(sample.class, samples[index]!);
    return { emulated: judge(ticks), ticks, session: hasSessions() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** mov %rax,%rax */
const MOV = [0x48, 0x89, 0xc0];
/** Single-stepping costs 2-3 times an emulation on bare metal, 15 times in a virtual machine. */
const LEAST_RATIO = 1.5;
const TIMEOUT_MS = 5000;

export function judge(ticks: ReadonlyMap<InstructionClass | 'mov', number>): Set<InstructionClass> {
  const cheap = ticks.get('push')!;
  const dear = ticks.get('mov')!;
  if (!(cheap > 0 && dear >= cheap * LEAST_RATIO)) {
    throw new Error(`a probed push costs ${cheap} ticks, a mov ${dear}: no telling them apart`);
  }
  const border = Math.sqrt(cheap * dear);
  return new Set(SAMPLES.flatMap((sample) => (ticks.get(sample.class)! < border ? [sample.class] : [])));
}

/** Ticks of one call of each function. */
function runProbed(path: string, offsets: readonly number[]): number[] {
  const programFd = loadEmptyProgram(BPF_TRACE_UPROBE_MULTI);
  try {
    const link = createMultiLink({
      programFd,
      session: false,
      atReturn: false,
      path,
      pid: 0 as Pid,
      offsets: offsets as FileOffset[],
      cookies: new BigUint64Array(offsets.length),
    });
    try {
      return readResults(execFileSync(path, { timeout: TIMEOUT_MS, stdio: ['ignore', 'pipe', 'ignore'] }));
    } finally {
      link.close();
    }
  } finally {
    closeFd(programFd);
  }
}

/** The least of the rounds: noise only adds. */
function readResults(output: Buffer): number[] {
  const least: number[] = [];
  for (let at = 0; at + ROUNDS * 8 <= output.length; at += ROUNDS * 8) {
    const rounds = Array.from({ length: ROUNDS }, (_, i) => Number(output.readBigUInt64LE(at + i * 8)));
    least.push(Math.min(...rounds) / CALLS);
  }
  if (least.length !== SAMPLES.length + 1) throw new Error('the calibration program ended early');
  return least;
}

function hasSessions(): boolean {
  try {
    const fd = loadEmptyProgram(BPF_TRACE_UPROBE_SESSION);
    try {
      return supportsMultiLink(fd, true);
    } finally {
      closeFd(fd);
    }
  } catch {
    return false;
  }
}
