/** Independent answers: what nm, readelf, objdump and c++filt say, and throw-away programs to ask them about. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A committed ELF file of test/fixtures/elf. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/elf/${name}`, import.meta.url));
}

/** Standard output of a tool, by lines. */
export function lines(tool: string, ...args: readonly string[]): string[] {
  return execFileSync(tool, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
    .split('\n')
    .filter((line) => line !== '');
}

/** Bytes for a tool on its standard input, its answer by lines. */
export function filter(tool: string, input: string): string[] {
  return execFileSync(tool, { input, encoding: 'utf8', maxBuffer: 1 << 28 }).split('\n');
}

/** Compiles `source` and gives the path of the program; `language` is the file's extension. */
export function compile(
  folder: string,
  language: string,
  source: string,
  ...command: readonly string[]
): string {
  const [compiler, ...flags] = command;
  const file = join(folder, `source.${language}`);
  const output = join(folder, `program-${++programs}`);
  writeFileSync(file, source);
  execFileSync(compiler!, [file, ...flags, '-o', output], { stdio: ['ignore', 'ignore', 'pipe'] });
  return output;
}

/** A folder that `remove` takes away again. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'utrace-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The defined and undefined function symbols that readelf lists, as address -> names without versions. */
export function functionsOf(path: string): Map<number, string[]> {
  const found = new Map<number, string[]>();
  for (const line of lines('readelf', '-sW', path)) {
    const row = /^\s*\d+: ([0-9a-f]+)\s+\S+ (FUNC|IFUNC)\s+\S+\s+\S+\s+(\d+) (\S+)/.exec(line);
    if (row === null) continue;
    const address = Number.parseInt(row[1]!, 16);
    const name = row[4]!.replace(/@.*/, '');
    found.set(address, [...new Set([...(found.get(address) ?? []), name])]);
  }
  return found;
}

let programs = 0;
