/**
 * The tracefs engine's part of attaching: probes in groups of one event each, the map by which BPF finds a probe's
 * cookie, and the name under which the events are found again should this process die before it removes them.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import type { Link } from '../bpf/links.js';
import { Tracefs } from '../bpf/tracefs.js';
import { createTracefsLink, updateMap } from '../bpf/tracefs-links.js';
import type { FileOffset, Pid, Tid } from '../util/units.js';
import { hasEnded, processStartTime, processStat } from './process-stat.js';

/** Opening takes the kernel time in the square of it; closing 0.1 s an event, whatever its size. */
const PROBES_PER_EVENT = 1000;
/** Bits of a map key below the event's cookie: files up to 1 TiB. */
const OFFSET_BITS = 40n;

export interface Group<Probe> {
  readonly members: readonly Probe[];
  readonly create: (programFd: number, atReturn: boolean, probes: readonly Probe[]) => Link;
}

export class TracefsProbes {
  readonly #tracefs = new Tracefs(ownName(), isGone);
  readonly #tid: Tid;
  #groups = 0n;

  constructor(
    readonly cookiesFd: number,
    pid: Pid,
  ) {
    this.#tid = liveThread(pid);
  }

  groups<Probe extends { readonly offset: FileOffset }>(
    path: string,
    probes: readonly Probe[],
    cookieOf: (probe: Probe) => bigint,
  ): Group<Probe>[] {
    return splitByOffset(probes).map((members): Group<Probe> => {
      const cookie = this.#groups++ << OFFSET_BITS;
      const keys = BigUint64Array.from(members, (probe) => cookie | BigInt(probe.offset));
      updateMap(this.cookiesFd, keys, BigUint64Array.from(members, cookieOf));
      const create = (programFd: number, atReturn: boolean, some: readonly Probe[]): Link =>
        createTracefsLink({
          tracefs: this.#tracefs,
          programFd,
          atReturn,
          path,
          tid: this.#tid,
          offsets: some.map((probe) => probe.offset),
          cookie,
        });
      return { members, create };
    });
  }

  close(): void {
    this.#tracefs.close();
  }
}

/** No offset twice in a group: an event refuses its second probe at a place. */
export function splitByOffset<Probe extends { readonly offset: FileOffset }>(
  probes: readonly Probe[],
): Probe[][] {
  const groups: Probe[][] = [];
  let rest = probes;
  while (rest.length > 0) {
    const seen = new Set<FileOffset>();
    const twins: Probe[] = [];
    const firsts = rest.filter((probe) => {
      if (seen.has(probe.offset)) twins.push(probe);
      else return seen.add(probe.offset);
      return false;
    });
    for (let from = 0; from < firsts.length; from += PROBES_PER_EVENT) {
      groups.push(firsts.slice(from, from + PROBES_PER_EVENT));
    }
    rest = twins;
  }
  return groups;
}

/** A perf event cannot be opened for a main thread that has ended before the others. */
function liveThread(pid: Pid): Tid {
  if (processStat(pid)?.[0] !== 'Z') return pid as number as Tid;
  const other = readdirSync(`/proc/${pid}/task`).find((tid) => tid !== String(pid));
  return Number(other ?? pid) as Tid;
}

/** A pid means something in its own pid namespace alone. */
function pidNamespace(): string {
  return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
}

function ownName(): string {
  return `${pidNamespace()}_${process.pid}_${processStartTime(process.pid as Pid) ?? 0}`;
}

function isGone(owner: string): boolean {
  const [namespace, pid, start] = owner.split('_');
  return namespace === pidNamespace() && hasEnded(Number(pid) as Pid, start);
}
