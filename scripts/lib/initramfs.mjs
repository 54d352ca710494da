/**
 * An initial RAM disk: busybox, the modules that mount a 9p file system over virtio (loaded in the order of their
 * dependencies, which each module names in its .modinfo section), and a script.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { listFiles, remove } from './files.mjs';
import { findProgram, runQuietly } from './run.mjs';

const wanted = ['virtio_pci', '9pnet_virtio', '9p'];

/** Returns the path of the archive. `script` runs as process 1 once the modules are loaded. */
export async function makeInitramfs(folder, modulesTree, script) {
  const root = join(folder, 'initramfs');
  remove(root);
  for (const name of ['bin', 'modules', 'proc', 'sys', 'dev', 'host', 'root']) {
    mkdirSync(join(root, name), { recursive: true });
  }
  copyFileSync(findProgram('busybox'), join(root, 'bin/busybox'));
  const modules = inOrder(modulesTree);
  for (const { name, bytes } of modules) writeFileSync(join(root, 'modules', name), bytes);
  const insert = modules.map(({ name }) => `/bin/busybox insmod /modules/${name}`);
  writeFileSync(join(root, 'init'), ['#!/bin/busybox sh', ...insert, script].join('\n'));
  chmodSync(join(root, 'init'), 0o755);
  const archive = join(folder, 'initramfs.cpio');
  await runQuietly('sh', ['-c', `cd '${root}' && find . | cpio -o -H newc --quiet > '${archive}'`]);
  return archive;
}

/** `{ name, bytes }` of each; what is built into the kernel has no file and needs none. */
function inOrder(tree) {
  const files = new Map(
    listFiles(tree).flatMap((path) => (isModule(path) ? [[moduleName(path), path]] : [])),
  );
  const ordered = new Map();
  const visit = (name) => {
    const path = files.get(name);
    if (path === undefined || ordered.has(name)) return;
    const bytes = readModule(path);
    for (const needed of dependencies(bytes)) visit(needed);
    ordered.set(name, { name, bytes });
  };
  for (const name of wanted) visit(name);
  return [...ordered.values()];
}

function isModule(path) {
  return /\.ko(\.xz|\.zst)?$/.test(path);
}

function moduleName(path) {
  return basename(path)
    .replace(/\.ko.*/, '')
    .replaceAll('-', '_');
}

function readModule(path) {
  if (path.endsWith('.ko')) return readFileSync(path);
  const tool = path.endsWith('.xz') ? 'xz' : 'zstd';
  return execFileSync(tool, ['-dcq', path], { maxBuffer: 1 << 28 });
}

/** The line `depends=a,b`, ended by a zero byte. */
function dependencies(bytes) {
  const key = '\0depends=';
  const start = bytes.indexOf(key) + key.length;
  if (start < key.length) return [];
  const names = bytes.toString('latin1', start, bytes.indexOf(0, start));
  return names.split(',').flatMap((name) => (name === '' ? [] : [name.replaceAll('-', '_')]));
}
