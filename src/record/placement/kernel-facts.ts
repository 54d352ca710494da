/**
 * What placement knows of the running kernel: measured once a boot and kept in a file of the cache directory
 * (XDG Base Directory), else measured now, else (no privilege, no place for a program) what holds for every kernel.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, homedir, release, version } from 'node:os';
import { join } from 'node:path';
import type { Calibration } from './calibrate.js';
import { ALWAYS_EMULATED, type InstructionClass, SAMPLES } from './instruction-class.js';

export interface KernelFacts {
  readonly emulated: ReadonlySet<InstructionClass>;
  /** The program of a session link declines a return at the call; false where that is not known. */
  readonly session: boolean;
  /** `assumed`: neither measured nor cached. */
  readonly source: 'measured' | 'cached' | 'assumed';
}

/** Never fails. Measures only as root: `--list` asks for no privilege. */
export async function kernelFacts(file = cacheFile()): Promise<KernelFacts> {
  const cached = readCache(file);
  if (cached !== undefined) return cached;
  if (process.geteuid?.() !== 0) return ASSUMED;
  try {
    // Only now: it loads what places probes, which nothing else here needs.
    const { calibrate } = await import('./calibrate.js');
    const measured = calibrate();
    writeCache(file, measured);
    return { ...measured, source: 'measured' };
  } catch {
    return ASSUMED;
  }
}

export const ASSUMED: KernelFacts = { emulated: ALWAYS_EMULATED, session: false, source: 'assumed' };

interface CacheContent {
  readonly key: string;
  readonly emulated: readonly string[];
  readonly session: boolean;
  /** For people who look into the file. */
  readonly ticks: Readonly<Record<string, number>>;
}

function cacheFile(): string {
  const { XDG_CACHE_HOME: set } = process.env;
  // The specification: a relative path is to be ignored.
  const cache = set?.startsWith('/') ? set : join(homedir(), '.cache');
  return join(cache, 'utrace', 'kernel.json');
}

function cacheKey(): string {
  let boot = '';
  try {
    boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // Without it the kernel's release and the processor are the key.
  }
  return [FORMAT, release(), version(), cpus()[0]?.model ?? '', boot].join('|');
}

/** Raised when classes or the measurement change. */
const FORMAT = 1;

/** A file from elsewhere can at worst cost time: every class is one that may be probed. */
function readCache(file: string): KernelFacts | undefined {
  try {
    const content = JSON.parse(readFileSync(file, 'utf8')) as Partial<CacheContent>;
    if (content.key !== cacheKey() || !Array.isArray(content.emulated)) return undefined;
    const names: readonly unknown[] = content.emulated;
    const emulated = SAMPLES.map((sample) => sample.class).filter((name) => names.includes(name));
    return { emulated: new Set(emulated), session: content.session === true, source: 'cached' };
  } catch {
    return undefined;
  }
}

function writeCache(file: string, { emulated, session, ticks }: Calibration): void {
  const content: CacheContent = {
    key: cacheKey(),
    emulated: [...emulated],
    session,
    ticks: Object.fromEntries(ticks),
  };
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { flag: 'wx' });
    renameSync(draft, file);
  } catch {
    // Next time it is measured again.
    rmSync(draft, { force: true });
  }
}
