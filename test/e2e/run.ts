/**
 * Spawns the built product on the fixtures, for real: bin/utrace as a user starts it, as root, on the running kernel.
 * Nothing of src/ is imported here: what these helpers read is what utrace prints and writes.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe } from 'vitest';

export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const utracePath = join(projectRoot, 'bin/utrace');

export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions extends SpawnOptions {
  readonly input?: string;
}

/** The engine that every run of utrace is forced to; unset: the one utrace chooses. */
const engine = process.env.UTRACE_TEST_ENGINE;

/** A running command whose output is kept. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Waits until `text` was seen on either stream (`stdout` and `stderr` so far in the error where it never is). */
  seen(text: string | RegExp): Promise<void>;
  /** Writes a line to its stdin. */
  say(line: string): void;
  readonly ended: Promise<Outcome>;
}

/** `describe` for tests that place probes; without root they are skipped, and say why. */
export function describePrivileged(name: string, body: () => void): void {
  if (process.getuid?.() === 0) describe(name, body);
  else describe.skip(`${name} (skipped: placing probes needs root)`, body);
}

export function fixture(name: string): string {
  return join(projectRoot, 'build/fixtures', name);
}

export function start(argv: readonly string[], options: RunOptions = {}): Running {
  const [command = '', ...args] = withEngine(argv);
  const { input, ...spawnOptions } = options;
  const child = spawn(command, args, { stdio: 'pipe', ...spawnOptions });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    for (const watch of watchers) watch();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    for (const watch of watchers) watch();
  });
  child.stdin?.on('error', () => {}); // a program that ended does not read
  if (input !== undefined) child.stdin?.end(input);
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
  const seen = (text: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const found = (all: string): boolean =>
        typeof text === 'string' ? all.includes(text) : text.test(all);
      const watch = (): void => {
        if (!found(stdout) && !found(stderr)) return;
        watchers.delete(watch);
        resolve();
      };
      watchers.add(watch);
      void ended.then(() => reject(new Error(`ended before ${text}:\n${stdout}\n${stderr}`)));
      watch();
    });
  const say = (line: string): void => {
    child.stdin?.write(`${line}\n`);
  };
  return { child, pid: child.pid ?? -1, seen, say, ended };
}

/** Also where utrace is not the first word: a shell may start it. Only what places probes knows the option. */
function withEngine(argv: readonly string[]): readonly string[] {
  const at = argv.indexOf(utracePath);
  const ours = argv.slice(at + 1);
  const places = ours.some((word) => ['-c', '-p', '--'].includes(word)) && !ours.includes('--report');
  if (engine === undefined || at < 0 || !places || ours.some((word) => word.startsWith('--engine')))
    return argv;
  return [...argv.slice(0, at + 1), `--engine=${engine}`, ...ours];
}

export function run(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const running = start(argv, options);
  if (options.input === undefined) running.child.stdin?.end();
  return running.ended;
}

export function utrace(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return run([utracePath, ...args], options);
}

/** A folder for one test file, gone afterwards. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'utrace-e2e-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Recording extends Outcome {
  readonly trace: string;
}

let recordings = 0;

/** Records `command`; fails the test where utrace itself failed. */
export async function record(
  folder: string,
  command: readonly string[],
  options: readonly string[] = [],
  run: RunOptions = {},
): Promise<Recording> {
  const trace = join(folder, `trace-${++recordings}.data`);
  const outcome = await utrace(['--record', '-o', trace, ...options, '--', ...command], run);
  if (outcome.status === 125) throw new Error(`utrace failed: ${outcome.stderr}`);
  return { ...outcome, trace };
}

/** Standard output of a report; fails the test where utrace did. */
export async function report(trace: string, format: string, ...options: string[]): Promise<string> {
  const outcome = await utrace(['--report', '-i', trace, `--format=${format}`, ...options]);
  if (outcome.status !== 0) throw new Error(`utrace --report failed: ${outcome.stderr}`);
  return outcome.stdout;
}

/** Waits until `condition` holds; the error after `limit` ms names what was waited for. */
export async function until(what: string, condition: () => boolean, limit = 20_000): Promise<void> {
  const end = Date.now() + limit;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited ${limit} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
