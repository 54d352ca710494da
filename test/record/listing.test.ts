/** The text of --list, from a plan made by hand. */
import { describe, expect, it } from 'vitest';
import { formatListing } from '../../src/record/listing.js';
import type { ProbePlan, ProbeSite } from '../../src/record/plan.js';
import type { TraceFunction, TraceModule } from '../../src/trace/model.js';
import type { FileOffset, FunctionId, ModuleId, VirtualAddress } from '../../src/util/units.js';

const modules: readonly TraceModule[] = [
  { id: 0 as ModuleId, path: '/opt/app', kind: 'executable', buildId: undefined, stripped: false },
  { id: 1 as ModuleId, path: '/lib/libc.so.6', kind: 'library', buildId: undefined, stripped: false },
  { id: 2 as ModuleId, path: '/lib/libz.so.1', kind: 'library', buildId: undefined, stripped: true },
];

const fn = (
  id: number,
  module: number,
  name: string,
  address: number,
  size: number,
  library?: string,
): TraceFunction => ({
  id: id as FunctionId,
  module: module as ModuleId,
  name,
  symbol: name,
  kind: library === undefined ? 'function' : 'plt',
  library,
  address: address as VirtualAddress,
  size,
});
const probe = (offset: number, returns = true, moved = 0): ProbeSite => ({
  status: 'probe',
  module: 0 as ModuleId,
  offset: (offset + moved) as FileOffset,
  entry: offset as FileOffset,
  returns,
  instruction: moved === 0 ? 'stepped' : 'push',
  reason: moved === 0 ? 'entry' : 'moved past endbr64',
});

const textOf = (plan: ProbePlan): string => {
  let text = '';
  formatListing(plan, (chunk) => {
    text += chunk;
  });
  return text;
};

describe('formatListing', () => {
  it('modules, then addresses; aligned; a reason for each that is skipped', () => {
    const plan: ProbePlan = {
      modules,
      functions: [
        fn(0, 2, 'inflate', 0x500, 20000),
        fn(1, 0, 'main', 0x401200, 64),
        fn(2, 0, 'malloc', 0x401030, 16, 'libc.so.6'),
        fn(3, 0, '_start', 0x401100, 0),
        fn(4, 0, 'setjmp', 0x401300, 7),
      ],
      sites: [
        probe(0x500),
        probe(0x1200, true, 4),
        probe(0x1030),
        { status: 'skip', reason: 'start-up helper' },
        probe(0x1300, false),
      ],
      notes: [],
    };
    expect(textOf(plan)).toBe(
      [
        '4 of 5 functions would be probed (1 skipped) in 2 modules',
        '',
        'module     kind          offset   size  probe                     instruction  placement               name',
        'app        library call  0x1030     16  call and return           stepped      entry                   malloc@libc.so.6',
        'app        function           -      -  skipped: start-up helper  -            -                       _start',
        'app        function      0x1204     64  call and return           push         +4: moved past endbr64  main',
        'app        function      0x1300      7  call                      stepped      entry                   setjmp',
        'libz.so.1  function       0x500  20000  call and return           stepped      entry                   inflate',
        '',
        'app: /opt/app (executable), 3 of 4',
        'libz.so.1: /lib/libz.so.1 (library, stripped), 1 of 1',
        '',
      ].join('\n'),
    );
  });

  it('no function at all', () => {
    expect(textOf({ modules, functions: [], sites: [], notes: [] })).toBe(
      '0 of 0 functions would be probed (0 skipped) in 0 modules\n',
    );
  });

  it('a name with control characters stays one row', () => {
    const text = textOf({ modules, functions: [fn(0, 0, 'a\nb', 1, 1)], sites: [probe(1)], notes: [] });
    expect(text).toContain('1 of 1 function would be probed (0 skipped) in 1 module\n');
    expect(text).toContain('  a b\n');
  });

  it('200,000 rows come in chunks, none missing, the plan untouched', () => {
    const count = 200_000;
    const functions = Array.from({ length: count }, (_, id) => fn(id, id % 2, `f${id}`, count - id, 1));
    const plan: ProbePlan = { modules, functions, sites: functions.map(({ id }) => probe(id)), notes: [] };
    let lines = 0;
    let longest = 0;
    formatListing(plan, (chunk) => {
      lines += chunk.split('\n').length - 1;
      longest = Math.max(longest, chunk.length);
    });
    expect(lines).toBe(count + 6);
    expect(longest).toBeLessThan(1 << 20);
    expect(plan.functions.every(({ id }, index) => id === index)).toBe(true);
  });
});
