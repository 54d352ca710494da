import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture, functionsOf, lines } from '../symbols/tools.js';
import { outcome, plan, probed } from './plans.js';

const small = fixture('bfd-lazy');

describe('a small program', () => {
  const made = plan(small);

  it('its functions and library calls, its start-up code skipped', () => {
    expect(probed(made, 'function').sort()).toEqual(['magnitude', 'main', 'measure']);
    expect(probed(made, 'plt').sort()).toEqual(['__cxa_finalize', 'abs', 'puts', 'strtol']);
    expect(outcome(made)).toMatchObject({ _start: 'start-up helper', frame_dummy: 'start-up helper' });
    expect(made.notes).toEqual([]);
  });

  it('modules: the executable, then the libraries; ids are indices', () => {
    expect(made.modules.map((module) => [module.id, module.kind, basename(module.path)])).toEqual([
      [0, 'executable', 'bfd-lazy'],
      [1, 'library', 'libc.so.6'],
      [2, 'library', 'ld-linux-x86-64.so.2'],
    ]);
    expect(made.modules[0]?.buildId).toMatch(/^[0-9a-f]{40}$/);
    expect(made.functions.map((fn) => fn.id)).toEqual(made.functions.map((_, i) => i));
    expect(made.sites).toHaveLength(made.functions.length);
  });

  it('sites are file offsets: there stand the bytes of the function', () => {
    const segments = lines('readelf', '-lW', small).flatMap((line) => {
      const row = /^\s+LOAD\s+0x(\S+) 0x(\S+) 0x\S+ 0x(\S+) 0x\S+ R E/.exec(line);
      return row === null ? [] : [row.slice(1).map((hex) => Number.parseInt(hex!, 16))];
    });
    const [offset, address] = segments[0]!;
    made.sites.forEach((site, i) => {
      if (site.status === 'probe') expect(site.offset).toBe(made.functions[i]!.address - address! + offset!);
    });
  });

  it('no two probes share an offset', () => {
    const offsets = made.sites.flatMap((site) => (site.status === 'probe' ? [site.offset] : []));
    expect(new Set(offsets).size).toBe(offsets.length);
  });

  it('symbols that a linker puts on stubs are not functions (mold)', () => {
    expect(probed(plan(fixture('mold-lazy'))).sort()).toEqual(probed(made).sort());
  });
});

describe('--nest-lib', () => {
  it('probes the functions inside, of every name one', () => {
    const made = plan(small, { nestLib: ['libc'], function: ['strtol', 'qsort', 'main'] });
    const found = made.functions.filter((_, i) => made.sites[i]!.status === 'probe');
    expect(found.map((fn) => [fn.module, fn.kind, fn.name])).toEqual(
      expect.arrayContaining([
        [0, 'function', 'main'],
        [0, 'plt', 'strtol'],
        [1, 'function', 'qsort'],
      ]),
    );
    const addresses = new Set(functionsOf(made.modules[1]!.path).keys());
    addresses.delete(0);
    expect(made.functions.filter((fn) => fn.module === 1)).toHaveLength(addresses.size);
    expect(made.notes.join()).toMatch(/libc\.so\.6 is stripped/);
  });
});
