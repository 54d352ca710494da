/** Installs the npm packages of package-lock.json, only where node_modules differs from it. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { projectRoot, runQuietly, ScriptError } from './run.mjs';

/** Returns true where npm had to run. */
export async function installPackages() {
  if (lockIsInstalled() && sqliteLoads()) return false;
  await runQuietly('npm', ['ci', '--no-audit', '--no-fund'], { env: { ...process.env, ...nodeHeaders() } });
  if (!sqliteLoads()) {
    throw new ScriptError(
      'better-sqlite3 was installed but does not load; its install script was perhaps blocked: npm rebuild better-sqlite3',
    );
  }
  return true;
}

/** npm keeps what it installed in node_modules/.package-lock.json; optional packages of other platforms are not in it. */
function lockIsInstalled() {
  const installed = readLock(join(projectRoot, 'node_modules/.package-lock.json'));
  const wanted = readLock(join(projectRoot, 'package-lock.json'));
  if (installed === undefined || wanted === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const found = installed[path];
    if (found === undefined) return entry.optional === true || entry.devOptional === true;
    return found.version === entry.version;
  });
}

function readLock(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : undefined;
}

/** Its native part is built for one Node version, and missing where install scripts were blocked. */
function sqliteLoads() {
  try {
    const Database = createRequire(join(projectRoot, 'package.json'))('better-sqlite3');
    new Database(':memory:').close();
    return true;
  } catch {
    return false;
  }
}

/** Headers that came with this node spare node-gyp a download. */
function nodeHeaders() {
  const prefix = dirname(dirname(process.execPath));
  if (process.env.npm_config_nodedir !== undefined) return {};
  return existsSync(join(prefix, 'include/node/node.h')) ? { npm_config_nodedir: prefix } : {};
}
