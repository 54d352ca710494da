/** Groups of probes for tracefs events: each probe in one, no place twice in any, none too large. */
import { expect, it } from 'vitest';
import { splitByOffset } from '../../src/record/tracefs-probes.js';
import type { FileOffset } from '../../src/util/units.js';

const at = (...offsets: number[]) => offsets.map((offset, id) => ({ id, offset: offset as FileOffset }));

it('nothing is in no group', () => {
  expect(splitByOffset([])).toEqual([]);
});

it('the second and third probe of a place go to groups of their own', () => {
  const groups = splitByOffset(at(16, 32, 16, 48, 16));
  expect(groups.map((group) => group.map((probe) => probe.id))).toEqual([[0, 1, 3], [2], [4]]);
});

it('2500 probes are three groups, in order', () => {
  const groups = splitByOffset(at(...Array.from({ length: 2500 }, (_, i) => i * 16)));
  expect(groups.map((group) => group.length)).toEqual([1000, 1000, 500]);
  expect(groups.flat().map((probe) => probe.id)).toEqual(Array.from({ length: 2500 }, (_, i) => i));
});
