/**
 * Continues a target that back-pressure has stopped when utrace dies without a word (SIGKILL): a shell in a session
 * of its own, out of reach of Ctrl-C, waits on a pipe whose other end only utrace holds. End of file without a line
 * means death; BPF may stop the target once more until the kernel has closed the links, so it looks for 3 s.
 */
import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { Pid } from '../util/units.js';
import { processStartTime } from './process-stat.js';

const SCRIPT = `
read -r _ <&3 && exit 0
i=0
while [ $i -lt 30 ]; do
  read -r stat < /proc/$1/stat || exit 0
  pid=$1 start=$2
  set -- \${stat##*) }
  [ "\${20}" = "$start" ] || exit 0
  case $1 in [Tt]) kill -CONT "$pid" ;; esac
  set -- "$pid" "$start"
  i=$((i + 1))
  sleep 0.1
done`;

export interface Watchdog {
  /** utrace ends in order and has continued the target itself. */
  dismiss(): void;
}

export function startWatchdog(pid: Pid): Watchdog {
  const start = processStartTime(pid) ?? '';
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'utrace-watchdog', String(pid), start], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const pipe = shell.stdio[3] as Writable;
  pipe.on('error', () => {});
  shell.on('error', () => {});
  shell.unref();
  (pipe as Writable & { unref(): void }).unref();
  return { dismiss: () => pipe.end('\n') };
}
