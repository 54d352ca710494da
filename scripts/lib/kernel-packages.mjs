/**
 * Debian's packaged kernels, fetched without touching the machine's own apt configuration: each suite gets a
 * sources list, package lists and a cache of its own below build/kernels, from the mirror the machine uses.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles } from './files.mjs';
import { projectRoot, runQuietly, ScriptError } from './run.mjs';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const defaultMirror = 'http://deb.debian.org/debian';

/** The newest kernel of a suite: `{ release, image, modules }`, paths of the boot image and of the module tree. */
export async function fetchKernel(suite) {
  const folder = join(projectRoot, 'build/kernels', suite);
  const options = aptOptions(folder, suite);
  await runQuietly('apt-get', [...options, 'update']);
  const packages = await kernelPackages(options);
  const debs = join(folder, 'debs');
  const root = join(folder, packages[0]);
  mkdirSync(debs, { recursive: true });
  if (!existsSync(root)) {
    await runQuietly('apt-get', [...options, 'download', ...packages], { cwd: debs });
    for (const name of packages) {
      const deb = readdirSync(debs).find((file) => file.startsWith(`${name}_`));
      await runQuietly('dpkg-deb', ['-x', join(debs, deb), root]);
    }
  }
  return locate(root);
}

function aptOptions(folder, suite) {
  for (const name of ['parts', 'lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const list = join(folder, 'sources.list');
  writeFileSync(list, `deb [signed-by=${keyring}] ${mirror()} ${suite} main\n`);
  const settings = {
    'Dir::Etc::sourcelist': list,
    'Dir::Etc::sourceparts': join(folder, 'parts'),
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::Cache': join(folder, 'cache'),
    'Acquire::Languages': 'none',
    'APT::Sandbox::User': 'root',
  };
  return ['-q', ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])];
}

function mirror() {
  const files = ['/etc/apt/sources.list', ...listFiles('/etc/apt/sources.list.d')].filter(existsSync);
  const lines = files.flatMap((file) => readFileSync(file, 'utf8').split('\n'));
  const uri = lines.map((line) => /^(?:URIs: *|deb +(?:\[.*\] +)?)(https?:\S+\/debian)\/?(?: |$)/.exec(line));
  return uri.find((match) => match !== null)?.[1] ?? defaultMirror;
}

/** The metapackage names the image; from 7.x on that is split into a binary and its modules. */
async function kernelPackages(options) {
  const image = await dependencies(options, 'linux-image-amd64', /^linux-image-\d/);
  if (image.length !== 1) throw new ScriptError('linux-image-amd64 does not name one kernel');
  const parts = await dependencies(options, image[0], /^linux-(binary|modules)-\d/);
  return [...image, ...parts];
}

async function dependencies(options, name, pattern) {
  const text = await runQuietly('apt-cache', [...options, 'depends', name]);
  const names = [...text.matchAll(/Depends: <?([\w.+-]+)/g)].map((match) => match[1]);
  return [...new Set(names.filter((each) => pattern.test(each)))];
}

/** Modules lie in /lib or /usr/lib, the image in /boot or beside the modules. */
function locate(root) {
  const trees = ['usr/lib/modules', 'lib/modules'].map((path) => join(root, path)).filter(existsSync);
  const release = trees.flatMap((tree) => readdirSync(tree))[0];
  const image = listFiles(root).find((path) => /\/vmlinuz(-[^/]*)?$/.test(path));
  if (release === undefined || image === undefined) throw new ScriptError(`no kernel in ${root}`);
  return { release, image, modules: join(trees[0], release) };
}
