/** The files of a program as modules of the plan: the executable first, then its libraries. */
import { basename } from 'node:path';
import { readBuildId } from '../symbols/build-id.js';
import { readDynamic } from '../symbols/dynamic.js';
import { SHT_SYMTAB } from '../symbols/elf-constants.js';
import { findSection, withElf } from '../symbols/elf-file.js';
import type { TraceModule } from '../trace/model.js';
import { UtraceError } from '../util/errors.js';
import type { ModuleId } from '../util/units.js';

export interface PlanModule {
  readonly trace: TraceModule;
  readonly soname: string | undefined;
  /** Written in Go: its stacks move, and a return probe's changed return address does not move along. */
  readonly go: boolean;
  /** File name and, where it differs, SONAME. */
  readonly fileNames: readonly string[];
}

/** Libraries that cannot be read (gone meanwhile, damaged) are left out; an executable that cannot throws. */
export function readModules(executable: string, libraries: readonly string[]): PlanModule[] {
  const modules = [readModule(executable, 'executable', 0)];
  for (const path of libraries) {
    try {
      modules.push(readModule(path, 'library', modules.length));
    } catch (error) {
      if (!(error instanceof UtraceError)) throw error;
    }
  }
  return modules;
}

/** Throws what `openElf` throws. */
export function readModule(path: string, kind: TraceModule['kind'], index: number): PlanModule {
  return withElf(path, (elf) => {
    const { soname } = readDynamic(elf);
    const stripped = findSection(elf, SHT_SYMTAB) === undefined;
    return {
      trace: { id: index as ModuleId, path, kind, buildId: readBuildId(elf), stripped },
      soname,
      go: elf.sections.some((section) => GO_SECTIONS.has(section.name)),
      fileNames: [...new Set(soname === undefined ? [basename(path)] : [soname, basename(path)])],
    };
  });
}

/** What the Go linker writes into every program (cmd/link; go/src/debug/buildinfo). */
const GO_SECTIONS: ReadonlySet<string> = new Set(['.go.buildinfo', '.gopclntab']);
