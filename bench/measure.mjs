/** Clocks and medians. Times in seconds, memory in bytes. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot, ScriptError } from '../scripts/lib/run.mjs';
import { folder } from './programs.mjs';

export const runs = Number(process.env.BENCH_RUNS ?? 5);

/** Median of `runs` measurements, one after another. */
export async function medianOf(measure, times = runs) {
  const values = [];
  for (let i = 0; i < times; i++) values.push(await measure());
  return median(values);
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/**
 * Runs a command to its end, output thrown away: wall time, CPU time (user + system) and peak memory of it and its
 * children, as wait4 tells (Node does not; python3 does).
 */
export async function timed(argv) {
  const result = join(folder, 'timed.json');
  const child = spawn('python3', ['-c', wait4, result, ...argv], {
    cwd: projectRoot,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (status !== 0) throw new ScriptError(`${argv.join(' ')} ended with ${status}:\n${stderr.slice(-2000)}`);
  return { ...JSON.parse(readFileSync(result, 'utf8')), stderr };
}

const wait4 = `
import json, os, sys, time
start = time.monotonic()
pid = os.spawnvp(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(pid, 0)
wall = time.monotonic() - start
with open(sys.argv[1], "w") as file:
    json.dump({"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss * 1024}, file)
sys.exit(os.waitstatus_to_exitcode(status))
`;
