/** Runs a few lines of JavaScript against compiled sources, in a process that may die or be somebody else. */
import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..', '..');

export interface Compiled {
  /** `script` finds the compiled modules below the constant `base`; `before` is put ahead of node, for example setpriv. */
  run(script: string, before?: readonly string[], args?: readonly string[]): SpawnSyncReturns<string>;
  remove(): void;
}

/** Compiles `files` of src/ and what they import into a folder below node_modules, where packages are found. */
export function compile(...files: readonly string[]): Compiled {
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const out = mkdtempSync(join(cache, 'utrace-test-'));
  chmodSync(out, 0o755);
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = ['--module', 'nodenext', '--target', 'es2022', '--types', 'node', '--skipLibCheck'];
  const layout = ['--ignoreConfig', '--outDir', out, '--rootDir', join(root, 'src')];
  const sources = files.map((file) => join(root, 'src', file));
  execFileSync(process.execPath, [tsc, ...options, ...layout, ...sources], { cwd: root, stdio: 'inherit' });
  return {
    run: (script, before = [], args = []) => {
      const code = `const base = ${JSON.stringify(pathToFileURL(out).href)};\n${script}`;
      const node = [process.execPath, '--input-type=module', '-e', code, '--', ...args];
      const [command = '', ...words] = [...before, ...node];
      return spawnSync(command, words, { encoding: 'utf8' });
    },
    remove: () => rmSync(out, { recursive: true }),
  };
}

/** Words ahead of a command that make it run without any privilege; only root can give it up. */
export const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];

export const isRoot = process.getuid?.() === 0;
