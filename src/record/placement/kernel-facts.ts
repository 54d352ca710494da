/**
 * What placement knows of the running kernel: measured once a boot and kept in a file of the cache directory
 * (XDG Base Directory), else measured now, else (no privilege, no place for a program) what holds for every kernel.
 */
import { bootCacheFile, readBootCache, writeBootCache } from '../../util/boot-cache.js';
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
export async function kernelFacts(file = bootCacheFile('kernel.json')): Promise<KernelFacts> {
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

/** Raised when classes or the measurement change. */
const FORMAT = 1;

interface CacheContent {
  readonly emulated: readonly string[];
  readonly session: boolean;
  /** For people who look into the file. */
  readonly ticks: Readonly<Record<string, number>>;
}

/** A file from elsewhere can at worst cost time: every class is one that may be probed. */
function readCache(file: string): KernelFacts | undefined {
  const content = readBootCache(file, FORMAT) as Partial<CacheContent> | undefined;
  if (!Array.isArray(content?.emulated)) return undefined;
  const names: readonly unknown[] = content.emulated;
  const emulated = SAMPLES.map((sample) => sample.class).filter((name) => names.includes(name));
  return { emulated: new Set(emulated), session: content.session === true, source: 'cached' };
}

function writeCache(file: string, { emulated, session, ticks }: Calibration): void {
  const content: CacheContent = { emulated: [...emulated], session, ticks: Object.fromEntries(ticks) };
  writeBootCache(file, FORMAT, content);
}
