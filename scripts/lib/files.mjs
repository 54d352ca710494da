/** Which outputs are older than what they are made from. Times are mtimes, ms. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** All files below `folder` whose name ends with `suffix`, sorted; none where there is no such folder. */
export function listFiles(folder, suffix = '') {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** mtime of the newest file, 0 for none. */
export function newest(paths) {
  return paths.reduce((latest, path) => Math.max(latest, statSync(path).mtimeMs), 0);
}

/** True where `output` is missing or older than one of `inputs`. */
export function isStale(output, inputs) {
  return !existsSync(output) || statSync(output).mtimeMs < newest(inputs);
}

export function remove(path) {
  rmSync(path, { force: true, recursive: true });
}
