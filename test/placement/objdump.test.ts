/** Every moved probe of real programs against objdump: it stands on an instruction, and no branch leads behind the entry. */
import { expect, it } from 'vitest';
import { ASSUMED } from '../../src/record/placement/kernel-facts.js';
import type { ProbePlan } from '../../src/record/plan.js';
import { plan } from '../plan/plans.js';
import { fixture, lines } from '../symbols/tools.js';

const built = (name: string): string => new URL(`../../build/fixtures/${name}`, import.meta.url).pathname;

it.each([
  ['real', built('real'), 0, 1500],
  ['sort-cet', built('sort-cet'), 0, 5],
  ['odd', built('odd'), 0, 5],
  ['libc', fixture('bfd-lazy'), 1, 1500],
])('%s', (_, path, module, least) => {
  const nestLib = module === 0 ? [] : ['libc'];
  const made = plan(path, { nestLib, placement: { kind: 'cheapest', kernel: ASSUMED, libraries: false } });
  const code = disassemble(made.modules[module]!.path);
  const sites = sitesOf(made, module);
  expect(sites.filter((site) => site.offset !== undefined).length).toBeGreaterThan(least);
  for (const { name, entry, offset, instruction, delta } of sites) {
    const text = code.instructions.get(entry + delta);
    expect([name, text === undefined]).toEqual([name, false]);
    if (instruction === 'stepped') continue;
    const mnemonic = text!.replace(/^(bnd|notrack|data16) /, '').split(/\s/)[0]!;
    expect([name, mnemonic]).toEqual([name, expect.stringMatching(/^(push|jmp|j[a-z]+|nop[wl]?|xchg)$/)]);
    expect([name, offset, / \*[%(0-9-]/.test(text!)]).toEqual([name, offset, false]);
    for (let at = entry + 1; at <= entry + delta; at++) {
      expect([name, at.toString(16), code.targets.has(at)]).toEqual([name, at.toString(16), false]);
    }
  }
});

interface Listed {
  readonly name: string;
  /** Address. */
  readonly entry: number;
  readonly offset: number;
  readonly delta: number;
  readonly instruction: string;
}

function sitesOf(made: ProbePlan, module: number): Listed[] {
  return made.functions.flatMap((fn, i): Listed[] => {
    const site = made.sites[i]!;
    if (fn.module !== module || fn.kind !== 'function' || site.status !== 'probe') return [];
    const { offset, instruction } = site;
    return [{ name: fn.name, entry: fn.address, offset, delta: offset - site.entry, instruction }];
  });
}

/** Instructions by address, and where direct branches lead. */
function disassemble(path: string): { instructions: Map<number, string>; targets: Set<number> } {
  const instructions = new Map<number, string>();
  const targets = new Set<number>();
  for (const line of lines('objdump', '-dw', '--no-show-raw-insn', path)) {
    const row = /^\s*([0-9a-f]+):\s+(.*?)\s*$/.exec(line);
    if (row === null) continue;
    instructions.set(Number.parseInt(row[1]!, 16), row[2]!);
    const branch = /^(?:\w+ )?(?:j\w+|call|loop\w*|xbegin)\s+([0-9a-f]+)\b/.exec(row[2]!);
    if (branch !== null) targets.add(Number.parseInt(branch[1]!, 16));
  }
  return { instructions, targets };
}
