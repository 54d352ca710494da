/**
 * What the machine must have before npm can do the rest, and how each distribution calls it.
 * Only apt is driven; elsewhere the missing packages are named and the script ends.
 */
import { existsSync } from 'node:fs';
import { asRoot, findProgram, runLoudly, ScriptError, succeeds } from './run.mjs';

const program = (name) => () => findProgram(name) !== undefined;

/**
 * `purposes`: which script needs it. `packages`: apt, dnf, pacman, zypper, apk names.
 * `optional`: a missing one is reported, never installed.
 */
const requirements = [
  need('clang', 'compiles the BPF programs', program('clang'), same('clang')),
  need('libbpf headers', 'BPF programs include bpf_helpers.h', hasHeader('bpf/bpf_helpers.h'), {
    apt: 'libbpf-dev',
    dnf: 'libbpf-devel',
    pacman: 'libbpf',
    zypper: 'libbpf-devel',
    apk: 'libbpf-dev',
  }),
  need('libbpf.so.1', 'loads BPF programs (libbpf 1.0 or newer)', hasLibrary('libbpf.so.1'), {
    apt: 'libbpf1',
    dnf: 'libbpf',
    pacman: 'libbpf',
    zypper: 'libbpf1',
    apk: 'libbpf',
  }),
  need('gcc', 'compiles better-sqlite3 and the test programs', program('gcc'), same('gcc')),
  need('g++', 'compiles better-sqlite3 and the test programs', program('g++'), {
    apt: 'g++',
    dnf: 'gcc-c++',
    pacman: 'gcc',
    zypper: 'gcc-c++',
    apk: 'g++',
  }),
  need('C library headers', 'needed by every compiler here', hasHeader('stdio.h'), {
    apt: 'libc6-dev',
    dnf: 'glibc-devel',
    pacman: 'glibc',
    zypper: 'glibc-devel',
    apk: 'musl-dev',
  }),
  need(
    'make',
    'better-sqlite3 is built with it where no prebuilt file can be fetched',
    program('make'),
    same('make'),
  ),
  need('python3', 'node-gyp, where better-sqlite3 has to be compiled', program('python3'), {
    ...same('python3'),
    pacman: 'python',
  }),
  need('objdump', 'tests compare our ELF reading with binutils', program('objdump'), same('binutils'), [
    'test',
  ]),
  need('bpftrace', 'the peer that the benchmark measures', program('bpftrace'), same('bpftrace'), ['bench']),
  need('uftrace', 'the peer that the benchmark measures', program('uftrace'), same('uftrace'), ['bench']),
  need(
    'qemu',
    'boots other kernels',
    program('qemu-system-x86_64'),
    { ...same('qemu-system-x86'), pacman: 'qemu-base' },
    ['kernels'],
  ),
  need(
    'busybox',
    'the first process there',
    program('busybox'),
    { ...same('busybox'), apt: 'busybox-static' },
    ['kernels'],
  ),
  need('cpio', 'packs its initial RAM disk', program('cpio'), same('cpio'), ['kernels']),
  need('xz', 'unpacks kernel modules', program('xz'), { ...same('xz'), apt: 'xz-utils' }, ['kernels']),
  { ...need('rustc', 'the Rust fixture', program('rustc'), same('rustc'), ['test']), optional: true },
];

const managers = ['apt-get', 'dnf', 'pacman', 'zypper', 'apk'];
const installCommands = {
  dnf: 'dnf install',
  pacman: 'pacman -S',
  zypper: 'zypper install',
  apk: 'apk add',
};

/** Installs what `purpose` (`run`, `test`, `bench` or `kernels`) misses; returns a few words on what was done. */
export async function installRequirements(purpose) {
  const missing = missingFor(purpose);
  if (missing.length === 0) return undefined;
  const manager = managers.find((name) => findProgram(name) !== undefined);
  if (manager !== 'apt-get') throw new ScriptError(describeMissing(missing, manager));
  const packages = [...new Set(missing.map((requirement) => requirement.packages.apt))];
  process.stderr.write(`installing ${packages.join(' ')}\n`);
  await aptInstall(packages);
  const still = missingFor(purpose);
  if (still.length > 0) throw new ScriptError(describeMissing(still, undefined));
  return `installed ${packages.join(' ')}`;
}

/** One line for each optional program that is not here: what stays untested without it. */
export function missingOptional(purpose) {
  return requirements
    .filter((requirement) => requirement.optional && concerns(requirement, purpose) && !requirement.present())
    .map((requirement) => `no ${requirement.name}: ${requirement.reason} is skipped`);
}

function missingFor(purpose) {
  return requirements.filter(
    (requirement) => !requirement.optional && concerns(requirement, purpose) && !requirement.present(),
  );
}

function concerns(requirement, purpose) {
  return requirement.purposes === undefined || requirement.purposes.includes(purpose);
}

/** The package lists may be absent or old (a fresh container): refresh them only after a failure. */
async function aptInstall(packages) {
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = asRoot(
    ['apt-get', 'install', '-y', '-q', '--no-install-recommends', ...packages],
    environment,
  );
  if ((await runLoudly(install[0], install.slice(1), toStderr)) === 0) return;
  const update = asRoot(['apt-get', 'update', '-q'], environment);
  if ((await runLoudly(update[0], update.slice(1), toStderr)) !== 0) {
    throw new ScriptError(`apt-get update failed; then install by hand: ${packages.join(' ')}`);
  }
  if ((await runLoudly(install[0], install.slice(1), toStderr)) !== 0) {
    throw new ScriptError(`apt-get could not install: ${packages.join(' ')}`);
  }
}

const toStderr = { stdio: ['inherit', 2, 2] };

/** With a known package manager: the command to type. Else every name that is known. */
function describeMissing(missing, manager) {
  const command = installCommands[manager];
  const lines = missing.map((requirement) => {
    const names = Object.entries(requirement.packages).map(([name, value]) => `${name}: ${value}`);
    const known = command === undefined ? ` (${names.join(', ')})` : '';
    return `  ${requirement.name}: ${requirement.reason}${known}`;
  });
  const packages = [...new Set(missing.map((requirement) => requirement.packages[manager]))].join(' ');
  const advice = command === undefined ? 'Install them, then run this again.' : `Run: ${command} ${packages}`;
  return ['missing on this machine:', ...lines, advice].join('\n');
}

function need(name, reason, present, packages, purposes) {
  return { name, reason, present, packages, purposes, optional: false };
}

function same(name) {
  return { apt: name, dnf: name, pacman: name, zypper: name, apk: name };
}

function hasHeader(name) {
  return () =>
    ['/usr/include', '/usr/local/include'].some((folder) => existsSync(`${folder}/${name}`)) ||
    existsSync(`/usr/include/x86_64-linux-gnu/${name}`);
}

function hasLibrary(name) {
  const folders = [
    '/usr/lib/x86_64-linux-gnu',
    '/lib/x86_64-linux-gnu',
    '/usr/lib64',
    '/usr/lib',
    '/usr/local/lib',
  ];
  return () =>
    folders.some((folder) => existsSync(`${folder}/${name}`)) ||
    succeeds('sh', ['-c', `PATH="$PATH:/sbin:/usr/sbin"; ldconfig -p | grep -q '${name} '`]);
}
