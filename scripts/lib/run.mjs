/** Child processes for the scripts: quiet ones that speak only when they fail, and loud ones for people. */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** An expected failure: its message is all that a person needs, no stack. */
export class ScriptError extends Error {}

/** Runs a command without output; a failure throws with all that it printed. Returns its stdout. */
export async function runQuietly(command, args, options = {}) {
  const child = spawn(command, args, { cwd: projectRoot, stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const stdout = [];
  const everything = [];
  child.stdout?.on('data', (chunk) => {
    stdout.push(chunk);
    everything.push(chunk);
  });
  child.stderr?.on('data', (chunk) => everything.push(chunk));
  const status = await ended(child, command);
  if (status !== 0) {
    throw new ScriptError(
      `${[command, ...args].join(' ')} failed (${status}):\n${Buffer.concat(everything).toString().trimEnd()}`,
    );
  }
  return Buffer.concat(stdout).toString();
}

/** Runs a command on our own terminal and returns its exit status (or the signal's name). */
export async function runLoudly(command, args, options = {}) {
  return ended(spawn(command, args, { cwd: projectRoot, stdio: 'inherit', ...options }), command);
}

/** The words that run `argv` as root: unchanged for root, through sudo else, with our PATH (sudo's own may hide a node from nvm). */
export function asRoot(argv, environment = {}) {
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  if (process.getuid() === 0) return assignments.length === 0 ? argv : ['env', ...assignments, ...argv];
  if (findProgram('sudo') === undefined) {
    throw new ScriptError('this needs root: run it as root, or install sudo');
  }
  return ['sudo', 'env', `PATH=${process.env.PATH}`, ...assignments, ...argv];
}

/** Full path of a program of PATH, or undefined. */
export function findProgram(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder === '') continue;
    try {
      const path = join(folder, name);
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not here; try the next folder
    }
  }
  return undefined;
}

/** True where the command runs and exits with 0. */
export function succeeds(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** Runs a script's main function; an expected failure ends it with its message alone. */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof ScriptError ? error.message : error);
    process.exitCode = 1;
  }
}

/** True where this module was started by `node FILE`, not imported. */
export function isMain(meta) {
  return process.argv[1] !== undefined && fileURLToPath(meta.url) === realpathSync(process.argv[1]);
}

function ended(child, command) {
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new ScriptError(`cannot run ${command}: ${error.message}`)));
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
}
