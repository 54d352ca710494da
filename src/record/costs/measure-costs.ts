/**
 * Measures what a traced call costs, with the very programs that trace: the calibration program's functions are
 * called in a row, and the events' own timestamps tell. From one entry to the next passes the whole cost of a call,
 * from its entry to its return the part between the two timestamps. Takes some 150 ms.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../../bpf/engine.js';
import { loadEventObject } from '../../bpf/event-object.js';
import { RingReader } from '../../bpf/ring.js';
import { costKind, type ProbeCosts } from '../../trace/cost-kind.js';
import type { ProbeCost, TraceFunction, TraceModule } from '../../trace/model.js';
import type { FileOffset, FunctionId, ModuleId, VirtualAddress } from '../../util/units.js';
import { attachProbes } from '../attach-probes.js';
import { EVENT_BYTES, eventTime, PROBE_ID_MASK, RETURN_BIT } from '../event.js';
import { launchHeld } from '../launch.js';
import { writeProgram } from '../placement/calibration-program.js';
import { SAMPLES } from '../placement/instruction-class.js';
import type { SiteInstruction } from '../placement/reasons.js';
import type { ProbePlan, ProbeSite } from '../plan.js';

/** @throws ErrnoError, UtraceError where the kernel or the file system refuses; nothing is left behind. */
export async function measureCosts(engine: Engine | undefined): Promise<ProbeCosts> {
  const folder = mkdtempSync(join(tmpdir(), 'utrace-costs-'));
  try {
    const path = join(folder, 'program');
    const { file, offsets } = writeProgram(VARIANTS.flatMap(() => KINDS.map((kind) => kind.bytes)));
    writeFileSync(path, file);
    chmodSync(path, 0o700);
    return costsOf(await runTraced(engine, path, offsets as FileOffset[]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Kind {
  readonly instruction: SiteInstruction;
  readonly bytes: readonly number[];
}

/** mov %rax,%rax stands for all that is single-stepped. */
const KINDS: readonly Kind[] = [
  { instruction: 'stepped', bytes: [0x48, 0x89, 0xc0] },
  ...SAMPLES.map((sample) => ({ instruction: sample.class, bytes: sample.bytes })),
];

const VARIANTS = [
  { returns: true, inLibrary: false },
  { returns: false, inLibrary: false },
  { returns: true, inLibrary: true },
  { returns: false, inLibrary: true },
] as const;

const RING_BYTES = 1 << 19;

/** The times of one function's calls, ns. */
interface Times {
  readonly enters: number[];
  readonly returns: number[];
}

async function runTraced(
  engine: Engine | undefined,
  path: string,
  offsets: readonly FileOffset[],
): Promise<Times[]> {
  const held = await launchHeld({
    program: path,
    argv: [path],
    user: undefined,
    randomizeAddresses: true,
    silent: true,
  });
  const closers: (() => void)[] = [held.abandon];
  try {
    const object = loadEventObject({
      engine,
      probes: offsets.length,
      startTime: process.hrtime.bigint(),
      tgid: held.pid,
      caller: { execsAhead: held.execsAhead, code: undefined },
      ringBytes: RING_BYTES,
      stopAbove: 0,
    });
    closers.unshift(object.close);
    const probes = attachProbes(planOf(path, offsets), object, held.pid, () => path);
    closers.unshift(probes.detach);
    held.release();
    await held.ended;
    return readTimes(new RingReader(object.ringFd, RING_BYTES), offsets.length);
  } finally {
    for (const close of closers) close();
  }
}

/** Function ids ascend by variant, then kind. */
function planOf(path: string, offsets: readonly FileOffset[]): ProbePlan {
  const [program, elsewhere] = [0, 1].map((id) => moduleOf(id as ModuleId, path));
  const variantOf = (index: number) => VARIANTS[Math.floor(index / KINDS.length)]!;
  return {
    modules: [program!, elsewhere!],
    functions: offsets.map((offset, index) => functionOf(index, offset, variantOf(index).inLibrary)),
    sites: offsets.map(
      (offset, index): ProbeSite => ({
        status: 'probe',
        module: program!.id,
        offset,
        entry: offset,
        returns: variantOf(index).returns,
        instruction: KINDS[index % KINDS.length]!.instruction,
        reason: 'entry',
      }),
    ),
    notes: [],
  };
}

function moduleOf(id: ModuleId, path: string): TraceModule {
  return { id, path, kind: 'executable', buildId: undefined, stripped: true };
}

/** Another module than its site's makes it a call that is probed in a library. */
function functionOf(index: number, offset: FileOffset, inLibrary: boolean): TraceFunction {
  return {
    id: index as FunctionId,
    module: (inLibrary ? 1 : 0) as ModuleId,
    name: '',
    symbol: '',
    kind: 'function',
    library: undefined,
    address: offset as number as VirtualAddress,
    size: 0,
  };
}

function readTimes(ring: RingReader, functions: number): Times[] {
  const times = Array.from({ length: functions }, (): Times => ({ enters: [], returns: [] }));
  ring.drain((words, index, length) => {
    if (length !== EVENT_BYTES) return;
    const time = eventTime(words[index]!, words[index + 1]!);
    const { enters, returns } = times[words[index + 2]! & PROBE_ID_MASK]!;
    ((words[index + 2]! & RETURN_BIT) === 0 ? enters : returns).push(time);
  });
  return times;
}

function costsOf(times: readonly Times[]): ProbeCosts {
  const costs = new Map<string, ProbeCost>();
  for (const [index, { instruction }] of KINDS.entries()) {
    for (const inLibrary of [false, true]) {
      const find = (returns: boolean): Times =>
        times[
          VARIANTS.findIndex((v) => v.returns === returns && v.inLibrary === inLibrary) * KINDS.length + index
        ]!;
      const { enters, returns } = find(true);
      const whole = median(steps(enters));
      const inside = Math.min(whole, median(returns.map((time, i) => time - enters[i]!)));
      const entryOnly = median(steps(find(false).enters));
      const kind = costKind(instruction, inLibrary);
      if ([whole, inside, entryOnly].every(Number.isFinite)) {
        costs.set(kind, { kind, inside, outside: whole - inside, entryOnly });
      }
    }
  }
  return costs;
}

function steps(times: readonly number[]): number[] {
  return times.slice(1).map((time, i) => time - times[i]!);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
