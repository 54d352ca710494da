/**
 * Everything between a fresh clone and a working utrace: system packages, npm packages, build.
 * Needs Node >= 20, npm and git alone. Does nothing twice.
 */
import { build, buildSteps } from './build.mjs';
import { installPackages } from './lib/npm.mjs';
import { Progress, UP_TO_DATE } from './lib/progress.mjs';
import { installRequirements, missingOptional } from './lib/requirements.mjs';
import { isMain, runMain, ScriptError } from './lib/run.mjs';

/**
 * `purpose`: `run`, `test` or `bench`. `extraSteps` are counted in the progress lines; the caller
 * runs them on the returned progress.
 */
export async function setup(purpose, extraSteps = 0) {
  checkPlatform();
  const progress = new Progress(2 + buildSteps + extraSteps);
  await progress.step('system packages', async () => (await installRequirements(purpose)) ?? UP_TO_DATE);
  await progress.step('npm packages', async () => ((await installPackages()) ? undefined : UP_TO_DATE));
  await build(progress);
  for (const line of missingOptional(purpose)) console.error(line);
  return progress;
}

function checkPlatform() {
  const major = Number.parseInt(process.versions.node, 10);
  if (major < 20) throw new ScriptError(`utrace needs Node 20 or newer; this is ${process.version}`);
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new ScriptError(`utrace runs on Linux x86-64; this is ${process.platform} ${process.arch}`);
  }
}

if (isMain(import.meta)) await runMain(() => setup(process.argv[2] ?? 'run'));
