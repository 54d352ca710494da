/**
 * Places the plan's probes: one uprobe_multi link a module, or a tracefs event for each 1,000. A link is all or nothing, so where the kernel
 * refuses one the set is halved until the offsets at fault stand alone; they are reported as failed and the rest is probed.
 */
import { ErrnoError } from '../bpf/libc.js';
import { createMultiLink, type Link } from '../bpf/links.js';
import type { ProbeObject } from '../bpf/object.js';
import type { ProbeState } from '../trace/model.js';
import { UtraceError } from '../util/errors.js';
import type { FileOffset, ModuleId, Pid } from '../util/units.js';
import { COOKIE_LIBRARY, COOKIE_NO_RETURN } from './event.js';
import type { ProbePlan } from './plan.js';
import { TracefsProbes } from './tracefs-probes.js';

export interface AttachedProbes {
  /** One per function of the plan, same index. */
  readonly states: readonly ProbeState[];
  readonly probed: number;
  readonly failed: number;
  /** Removes every probe. */
  detach(): void;
}

/** `pathOf` gives the path by which this process reaches a module's file. */
export function attachProbes(
  plan: ProbePlan,
  object: ProbeObject,
  pid: Pid,
  pathOf: (module: ModuleId) => string,
): AttachedProbes {
  const links: Link[] = [];
  const states = plan.sites.map(
    (site): ProbeState =>
      site.status === 'skip'
        ? { status: 'skipped', reason: site.reason }
        : {
            status: 'probed',
            module: site.module,
            offset: site.offset,
            entry: site.entry,
            returns: site.returns,
            instruction: site.instruction,
            reason: site.reason,
          },
  );
  const detach = (): void => {
    for (const link of links.splice(0)) link.close();
    tracefs?.close();
    tracefs = undefined;
  };
  let tracefs: TracefsProbes | undefined;
  let failed = 0;
  try {
    if (object.engine === 'tracefs') tracefs = new TracefsProbes(object.cookiesFd, pid);
    for (const module of plan.modules) {
      const probes = sitesOf(plan, module.id);
      if (probes.length === 0) continue;
      for (const failure of linkModule(probes, pathOf(module.id))) {
        states[failure.probe.id] = { status: 'failed', offset: failure.probe.offset, errno: failure.errno };
        failed++;
      }
    }
  } catch (error) {
    detach();
    throw error;
  }
  const probed = states.reduce((sum, state) => sum + (state.status === 'probed' ? 1 : 0), 0);
  return { states, probed, failed, detach };

  function linkModule(probes: readonly Probe[], path: string): Failure[] {
    if (tracefs === undefined)
      return linkAll(probes, linkMaker(object, multiLinks(object, pid, path)), links);
    return tracefs
      .groups(path, probes, cookieOf)
      .flatMap(({ members, create }) => linkAll(members, linkMaker(object, create), links));
  }
}

interface Probe {
  readonly id: number;
  readonly offset: FileOffset;
  readonly returns: boolean;
  /** A library call that is probed in the library: calls from elsewhere are not wanted. */
  readonly inLibrary: boolean;
}

interface Failure {
  readonly probe: Probe;
  readonly errno: string;
}

/** Errors that can lie with a single offset; any other concerns the link as a whole. */
const OFFSET_ERRNOS: ReadonlySet<string> = new Set(['EINVAL', 'ENOTSUPP', 'EOPNOTSUPP', 'EIO', 'EEXIST']);

function sitesOf(plan: ProbePlan, module: ModuleId): Probe[] {
  const probes: Probe[] = [];
  for (const [id, site] of plan.sites.entries()) {
    if (site.status !== 'probe' || site.module !== module) continue;
    const { offset, returns } = site;
    probes.push({ id, offset, returns, inLibrary: site.module !== plan.functions[id]!.module });
  }
  return probes;
}

type LinkCreator = (programFd: number, atReturn: boolean, probes: readonly Probe[]) => Link;

function multiLinks(object: ProbeObject, pid: Pid, path: string): LinkCreator {
  return (programFd, atReturn, probes) =>
    createMultiLink({
      programFd,
      session: object.engine === 'session',
      atReturn,
      path,
      pid,
      offsets: probes.map((probe) => probe.offset),
      cookies: BigUint64Array.from(probes, cookieOf),
    });
}

type LinkMaker = (probes: readonly Probe[]) => Link[];

/** Session: one link, whose program declines returns by cookie. Else: the entries, and the returns that are wanted. */
function linkMaker(object: ProbeObject, create: LinkCreator): LinkMaker {
  const { returnFd } = object;
  if (returnFd === undefined) return (probes) => [create(object.enterFd, false, probes)];
  return (probes) => {
    // Returns first: a call must not be entered while its return is not watched yet.
    const returning = probes.filter((probe) => probe.returns);
    const made = returning.length === 0 ? [] : [create(returnFd, true, returning)];
    try {
      return [...made, create(object.enterFd, false, probes)];
    } catch (error) {
      for (const link of made) link.close();
      throw error;
    }
  };
}

function cookieOf({ id, returns, inLibrary }: Probe): bigint {
  return BigInt(id) | (returns ? 0n : COOKIE_NO_RETURN) | (inLibrary ? COOKIE_LIBRARY : 0n);
}

function linkAll(probes: readonly Probe[], make: LinkMaker, links: Link[]): Failure[] {
  try {
    links.push(...make(probes));
    return [];
  } catch (error) {
    if (!(error instanceof ErrnoError)) throw error;
    if (!OFFSET_ERRNOS.has(error.errno)) throw attachFailed(error, probes.length);
    if (probes.length === 1) return [{ probe: probes[0]!, errno: error.errno }];
    const half = probes.length >> 1;
    return [...linkAll(probes.slice(0, half), make, links), ...linkAll(probes.slice(half), make, links)];
  }
}

function attachFailed(error: ErrnoError, count: number): UtraceError {
  return new UtraceError({
    code: 'ATTACH_FAILED',
    message: `the kernel refused a link of ${count} probes: ${error.errno}`,
    cause: error,
  });
}
