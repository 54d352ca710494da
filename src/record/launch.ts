/**
 * Starts the target and holds it before its exec: a small shell with the target's pid waits for a line on
 * descriptor 3. Probes that are linked to this pid meanwhile see the program from its first instruction,
 * because the link's filter follows the process through exec. If utrace dies first, the shell reads end of
 * file and leaves without running the target.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { personality } from '../bpf/libc.js';
import { UtraceError } from '../util/errors.js';
import type { Pid } from '../util/units.js';

export interface LaunchRequest {
  /** Path of the program, then its arguments; argv[0] is what the program sees as its name. */
  readonly program: string;
  readonly argv: readonly [string, ...string[]];
  readonly user: RunAs | undefined;
  readonly randomizeAddresses: boolean;
}

/** Ids of a user; the supplementary groups are looked up when the target starts. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

export interface HeldTarget {
  readonly pid: Pid;
  /** Execs between the release and the target's first instruction. */
  readonly execsAhead: number;
  /** Lets the target run. */
  release(): void;
  /** Ends the held shell; only before `release`. */
  abandon(): void;
  /** Settles when the target ended. */
  readonly ended: Promise<TargetEnd>;
  /** Stops keeping utrace alive for the target. */
  forget(): void;
  signal(name: NodeJS.Signals): void;
}

export interface TargetEnd {
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

/** @throws UtraceError LAUNCH_FAILED */
export async function launchHeld(request: LaunchRequest): Promise<HeldTarget> {
  const child = spawnHeld(request);
  const ended = new Promise<TargetEnd>((resolve) => {
    child.once('exit', (code, signal) =>
      resolve({ exitCode: code ?? undefined, signal: signal ?? undefined }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => reject(launchFailed(cause)));
  });
  const gate = child.stdio[3] as Socket;
  let released = false;
  // The target may be gone when the line is written; its end is reported by `ended`.
  gate.on('error', () => {});
  return {
    pid: child.pid as Pid,
    execsAhead: request.user === undefined ? 1 : 2,
    release: () => {
      released = true;
      gate.end('\n');
    },
    abandon: () => {
      if (!released) gate.destroy();
    },
    ended,
    forget: () => child.unref(),
    signal: (name) => child.kill(name),
  };
}

const ADDR_NO_RANDOMIZE = 0x0040000;
const PERSONA_QUERY = 0xffffffff;

/**
 * `exec -a` is not in POSIX sh, so the program is started by the word the user typed; look-up was done
 * before and gave `program` only to check it. The soft descriptor limit is the caller's again: Node raises its own.
 */
function spawnHeld(request: LaunchRequest): ChildProcess {
  const limit = callersDescriptorLimit();
  const script = [
    'read -r _ <&3 || exit 125',
    limit === undefined ? '' : `ulimit -Sn ${limit}`,
    'exec 3<&-',
    'exec "$@"',
  ];
  const { user } = request;
  // setpriv(1) sets groups, gid and uid in this order.
  const runAs =
    user === undefined
      ? []
      : ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups', '--'];
  const environment = { ...process.env };
  delete environment.UTRACE_SOFT_NOFILE;
  const persona = request.randomizeAddresses ? undefined : personality(PERSONA_QUERY);
  // The persona belongs to the thread that forks, which is this one.
  if (persona !== undefined) personality(persona | ADDR_NO_RANDOMIZE);
  try {
    return spawn('/bin/sh', ['-c', script.filter(Boolean).join('; '), 'utrace', ...runAs, ...request.argv], {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
      env: environment,
    });
  } finally {
    if (persona !== undefined) personality(persona);
  }
}

/** What `ulimit -Sn` was where utrace was started: the launcher passes it on, else the parent's limit stands for it. */
function callersDescriptorLimit(): string | undefined {
  const passed = process.env.UTRACE_SOFT_NOFILE;
  if (passed !== undefined && /^(\d+|unlimited)$/.test(passed)) return passed;
  try {
    const limits = readFileSync(`/proc/${process.ppid}/limits`, 'utf8');
    return /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  } catch {
    return undefined;
  }
}

function launchFailed(cause: Error & { code?: string }): UtraceError {
  const known = cause.code !== undefined && cause.code in constants.errno;
  return new UtraceError({
    code: 'LAUNCH_FAILED',
    message: `the shell that starts the target cannot run: /bin/sh: ${known ? cause.code : cause.message}`,
    cause,
  });
}
