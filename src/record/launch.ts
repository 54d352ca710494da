/**
 * Starts the target and holds it before its exec: a small shell with the target's pid waits for a line on
 * a descriptor of its own. Probes that are linked to this pid meanwhile see the program from its first instruction,
 * because the link's filter follows the process through exec. If utrace dies first, the shell reads end of
 * file and leaves without running the target.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { personality, setCloseOnExec } from '../bpf/libc.js';
import { UtraceError } from '../util/errors.js';
import type { Pid } from '../util/units.js';
import { type CallersWorld, callersWorld, withoutOurVariables } from './caller.js';

export interface LaunchRequest {
  /** Path of the program, then its arguments; argv[0] is what the program sees as its name. */
  readonly program: string;
  readonly argv: readonly [string, ...string[]];
  readonly user: RunAs | undefined;
  readonly randomizeAddresses: boolean;
  /** Without the caller's standard streams: for programs of our own. */
  readonly silent: boolean;
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
  const { child, gate } = spawnHeld(request);
  const ended = new Promise<TargetEnd>((resolve) => {
    child.once('exit', (code, signal) =>
      resolve({ exitCode: code ?? undefined, signal: signal ?? undefined }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => reject(launchFailed(cause)));
  });
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

/** The highest descriptor that `<&N` names in every POSIX shell. */
const HIGHEST_GATE = 9;

interface Spawned {
  readonly child: ChildProcess;
  readonly gate: Socket;
}

/** `program` was looked up only to check it: the target is started by the word that was typed, its own name. */
function spawnHeld(request: LaunchRequest): Spawned {
  const world = callersWorld(process.env);
  const gate = gateDescriptor(world.descriptors);
  const { user } = request;
  // setpriv(1) sets groups, gid and uid in this order.
  const runAs =
    user === undefined
      ? []
      : ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups', '--'];
  const words = ['-c', holdScript(world, gate), 'utrace', ...runAs, ...request.argv];
  // Descriptors below the gate are all the caller's; higher ones are inherited without being named.
  const inherited = Array.from({ length: gate }, (_, fd) => (request.silent && fd < 3 ? 'ignore' : fd));
  const stdio = [...inherited, 'pipe' as const];
  const env = withoutOurVariables(process.env);
  const child = inWorld(request, world, () => spawn('/bin/sh', words, { stdio, env }));
  return { child, gate: child.stdio[gate as 3] as Socket };
}

/** `UTRACE_HELD` is a variable of the shell alone: it is not exported. */
function holdScript(world: CallersWorld, gate: number): string {
  const { descriptorLimit, ignoredSignals } = world;
  return [
    `read -r UTRACE_HELD <&${gate} || exit 125`,
    ...(descriptorLimit === undefined ? [] : [`ulimit -Sn ${descriptorLimit}`]),
    ...(ignoredSignals.length === 0 ? [] : [`trap '' ${ignoredSignals.join(' ')}`]),
    `exec ${gate}<&-`,
    'exec "$@"',
  ].join('; ');
}

/** The lowest free descriptor; where 3 to 9 are all taken, 3 is lost to the target. */
function gateDescriptor(taken: readonly number[]): number {
  for (let fd = 3; fd <= HIGHEST_GATE; fd++) if (!taken.includes(fd)) return fd;
  return 3;
}

/** Forks with the caller's descriptors inheritable and, if asked, without address randomization: both are the forking thread's. */
function inWorld<T>(request: LaunchRequest, world: CallersWorld, fork: () => T): T {
  const persona = request.randomizeAddresses ? undefined : personality(PERSONA_QUERY);
  if (persona !== undefined) personality(persona | ADDR_NO_RANDOMIZE);
  for (const fd of world.descriptors) setCloseOnExec(fd, false);
  try {
    return fork();
  } finally {
    for (const fd of world.descriptors) setCloseOnExec(fd, true);
    if (persona !== undefined) personality(persona);
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
