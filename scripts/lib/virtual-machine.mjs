/**
 * Boots a kernel under emulation (no KVM needed) and runs one command in it as root. The host's root file system is
 * there, read-only over 9p, with a tmpfs over /tmp and /run; the folder
 * `exchange`, which both sides write, has its output.
 */
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { remove } from './files.mjs';
import { makeInitramfs } from './initramfs.mjs';
import { projectRoot, ScriptError } from './run.mjs';

/** `writable`: folders of the host that get an empty tmpfs. Returns the command's exit status. */
export async function runInMachine({ kernel, folder, command, writable, timeout }) {
  const exchange = join(folder, 'exchange');
  remove(exchange);
  mkdirSync(exchange, { recursive: true });
  const archive = await makeInitramfs(folder, kernel.modules, initScript(command, writable));
  const console = join(folder, 'console.log');
  await boot(kernel.image, archive, exchange, console, timeout);
  const status = join(exchange, 'status');
  if (!existsSync(status)) throw new ScriptError(`${kernel.release} did not run to its end; see ${console}`);
  return Number(readFileSync(status, 'utf8'));
}

/** The project is mounted once more: it may lie in a folder that a tmpfs hides. */
function initScript(command, writable) {
  const share = 'trans=virtio,version=9p2000.L,msize=262144,cache=loose';
  return `
export PATH=/bin
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs dev /dev
$b mount -t 9p -o ro,$SHARE host /host
$b mount --bind /host /root
$b mount -t proc proc /root/proc
$b mount -t sysfs sysfs /root/sys
$b mount -t devtmpfs dev /root/dev
$b mkdir -p /dev/shm
$b mount -t tmpfs shm /root/dev/shm
for folder in /tmp /run; do $b mount -t tmpfs -o mode=1777 tmpfs /root$folder; done
$b mkdir -p "/root${projectRoot}" /root/run/exchange
$b mount --bind "/host${projectRoot}" "/root${projectRoot}"
${writable.map((path) => `$b mount -t tmpfs tmpfs "/root${path}"`).join('\n')}
$b mount -t 9p -o $SHARE exchange /root/run/exchange
$b ip link set lo up
$b chroot /root /bin/sh -c 'cd "${projectRoot}" && ${command}' > /root/run/exchange/output.log 2>&1
echo $? > /root/run/exchange/status
$b sync
$b reboot -f
`.replaceAll('$SHARE', share);
}

function boot(image, archive, exchange, console, timeout) {
  const args = [
    ...[
      '-accel',
      'tcg',
      '-cpu',
      'max,la57=off',
      '-smp',
      '1',
      '-m',
      '3G',
      '-nographic',
      '-no-reboot',
      '-nodefaults',
    ],
    ...['-serial', 'stdio', '-kernel', image, '-initrd', archive],
    ...['-append', 'console=ttyS0 quiet panic=-1 mitigations=off'],
    ...share('host', '/', ',readonly=on'),
    ...share('exchange', exchange, ''),
  ];
  const machine = spawn('qemu-system-x86_64', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(console);
  for (const stream of [machine.stdout, machine.stderr]) stream.pipe(log, { end: false });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => machine.kill('SIGKILL'), timeout);
    machine.on('error', (error) => reject(new ScriptError(`cannot run qemu: ${error.message}`)));
    machine.on('close', () => {
      clearTimeout(timer);
      log.end(resolve);
    });
  });
}

function share(tag, path, more) {
  return [
    '-fsdev',
    `local,id=${tag},path=${path},security_model=none,multidevs=remap${more}`,
    '-device',
    `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`,
  ];
}
