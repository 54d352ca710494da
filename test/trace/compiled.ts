/** The trace modules as plain JavaScript, for child processes that are killed or run as somebody else. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..', '..');

/** Compiles src/trace into a folder below node_modules (where packages are found); returns a URL without a last slash. */
export function compileTrace(): string {
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const out = mkdtempSync(join(cache, 'utrace-test-'));
  chmodSync(out, 0o755);
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = ['--module', 'nodenext', '--target', 'es2022', '--types', 'node', '--skipLibCheck'];
  const sources = ['writer.ts', 'reader.ts'].map((file) => join(root, 'src', 'trace', file));
  const layout = ['--ignoreConfig', '--outDir', out, '--rootDir', join(root, 'src')];
  execFileSync(process.execPath, [tsc, ...options, ...layout, ...sources], {
    cwd: root,
    stdio: 'inherit',
  });
  return pathToFileURL(out).href;
}
