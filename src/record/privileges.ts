/**
 * Whether this process may place probes: capabilities(7) in effect, not the user id, because a container's root
 * may lack them and a plain user may hold them. Capabilities of a user namespace look the same here and
 * are refused by the kernel later (EPERM).
 */
import { readFileSync } from 'node:fs';
import { UtraceError } from '../util/errors.js';
import { sudoCommand } from './sudo-command.js';

/**
 * `switchesUser`: the target is to run as another user. `status` is the text of /proc/self/status.
 * @throws UtraceError NEED_PRIVILEGE, NEED_ROOT_FOR_USER
 */
export function requirePrivileges(
  switchesUser = false,
  status = readFileSync('/proc/self/status', 'utf8'),
): void {
  const held = effectiveCapabilities(status);
  const forProbes = held.has('CAP_SYS_ADMIN') ? [] : missing(held, ['CAP_BPF', 'CAP_PERFMON']);
  const forUser = switchesUser ? missing(held, ['CAP_SETUID', 'CAP_SETGID']) : [];
  if (forProbes.length > 0) {
    const names = [...forProbes, ...forUser].join(' and ');
    throw refusal('NEED_PRIVILEGE', `placing probes needs root: this process lacks ${names}`);
  }
  if (forUser.length > 0) {
    const names = forUser.join(' and ');
    throw refusal('NEED_ROOT_FOR_USER', `--user needs root: this process lacks ${names}`);
  }
}

/** Bit numbers of include/uapi/linux/capability.h. */
const CAPABILITIES = {
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_SYS_ADMIN: 21,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const;

type Capability = keyof typeof CAPABILITIES;

function effectiveCapabilities(status: string): ReadonlySet<Capability> {
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  const names = Object.keys(CAPABILITIES) as Capability[];
  return new Set(names.filter((name) => (mask >> BigInt(CAPABILITIES[name])) & 1n));
}

function missing(held: ReadonlySet<Capability>, needed: readonly Capability[]): Capability[] {
  return needed.filter((name) => !held.has(name));
}

function refusal(code: string, message: string): UtraceError {
  const hint =
    process.geteuid?.() === 0
      ? 'in a container: give it these capabilities, for example docker run --cap-add BPF --cap-add PERFMON'
      : `run it as root: ${sudoCommand()}`;
  return new UtraceError({ code, message, hint });
}
