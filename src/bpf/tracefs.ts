/**
 * Uprobe events of tracefs (Documentation/trace/uprobetracer.rst): many probes under one event by repeating its name
 * (5.5 and later). The file system is mounted nowhere: its descriptor is enough. Definitions outlive the process that
 * made them, so their group bears its owner's name, and whoever comes next removes those of owners that are gone.
 */
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import type { FileOffset } from '../util/units.js';
import { closeFd, ErrnoError, mountUnseen } from './libc.js';

export interface EventDefinition {
  readonly atReturn: boolean;
  readonly path: string;
  /** Each at most once. */
  readonly offsets: readonly FileOffset[];
}

/** One defined event: nothing is probed before a perf event of its id is open. */
export interface TraceEvent {
  readonly id: number;
  /** The kernel refuses it while a perf event is open. */
  remove(): void;
}

const GROUP = 'utrace_';

export class Tracefs {
  readonly #mount: number;
  readonly #folder: string;
  readonly #group: string;
  #events = 0;

  /** `owner`: letters, digits, `_`. Throws ErrnoError where the kernel has no such file system or no uprobe events. */
  constructor(owner: string, isGone: (owner: string) => boolean) {
    this.#mount = mountUnseen('tracefs');
    this.#folder = `/proc/self/fd/${this.#mount}`;
    this.#group = `${GROUP}${owner}`;
    try {
      this.#removeStale(isGone);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Defines one event, whole or not at all. Throws ErrnoError. */
  define({ atReturn, path, offsets }: EventDefinition): TraceEvent {
    const name = `${this.#group}/e${this.#events++}`;
    const file = new WordPath(path);
    try {
      const letter = atReturn ? 'r' : 'p';
      const lines = offsets.map((offset) => `${letter}:${name} ${file.path}:0x${offset.toString(16)}\n`);
      this.#write(lines.join(''));
      return { id: this.#readId(name), remove: () => this.#write(`-:${name}\n`) };
    } catch (error) {
      this.#removeQuietly(name);
      throw error;
    } finally {
      file.close();
    }
  }

  close(): void {
    closeFd(this.#mount);
  }

  #readId(name: string): number {
    return Number(asErrno('read event id', () => readFileSync(`${this.#folder}/events/${name}/id`, 'utf8')));
  }

  #removeStale(isGone: (owner: string) => boolean): void {
    const text = asErrno('read uprobe_events', () => readFileSync(`${this.#folder}/uprobe_events`, 'utf8'));
    const stale = new Set<string>();
    for (const [, name = '', owner = ''] of text.matchAll(/^[pr]:(utrace_(\w+)\/\w+) /gm)) {
      if (isGone(owner)) stale.add(name);
    }
    for (const name of stale) this.#removeQuietly(name);
  }

  /** It may be half defined, not there at all, or (a stale one) in use after all. */
  #removeQuietly(name: string): void {
    try {
      this.#write(`-:${name}\n`);
    } catch {
      // A definition without a perf event costs nobody anything.
    }
  }

  /** Never with O_TRUNC: that would remove everybody's events. */
  #write(text: string): void {
    asErrno('write uprobe_events', () => {
      const fd = openSync(`${this.#folder}/uprobe_events`, constants.O_WRONLY | constants.O_APPEND);
      try {
        writeSync(fd, text);
      } finally {
        closeSync(fd);
      }
    });
  }
}

/** The kernel splits a line at blanks and ends it at `#`: such a path is reached through a descriptor. */
class WordPath {
  readonly path: string;
  readonly #fd: number | undefined;

  constructor(path: string) {
    this.#fd = /[\s#]/.test(path) ? asErrno('open', () => openSync(path, 'r')) : undefined;
    this.path = this.#fd === undefined ? path : `/proc/self/fd/${this.#fd}`;
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }
}

function asErrno<T>(call: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new ErrnoError(call, (error as NodeJS.ErrnoException).code ?? String(error));
  }
}
