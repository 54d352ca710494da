/**
 * Folded stacks, as flamegraph.pl and its relatives read them (https://github.com/brendangregg/FlameGraph):
 * `outer;inner COUNT`, one line a stack, in the order of the tree. COUNT is self time in samples of
 * `sampleTime`. Stacks rarely last whole samples: each gets its whole ones, and the samples that the
 * remainders add up to go to the largest remainders, so the sum is the trace's time to within one sample.
 * Frames with calls whose end was not seen end in `_[open]` or `_[unwound]`.
 */
import type { TraceReader } from '../../trace/reader.js';
import { ByteText } from '../byte-text.js';
import { CallTree, type Node } from '../call-tree.js';
import { functionLabel } from '../names.js';
import type { ReportOptions } from '../options.js';
import type { Format } from './format.js';

export function flameGraphFormat(
  trace: TraceReader,
  options: ReportOptions,
  write: (chunk: Uint8Array) => void,
): Format {
  const labels = trace.functions.map((fn) => foldedName(functionLabel(fn, options.libname)));
  const tree = new CallTree(firstOfEach(labels));
  return {
    order: 'by thread',
    visitor: tree,
    opensWithHeader: false,
    end: () => writeFolded(tree, labels, options.sampleTime, write),
  };
}

/** A name that survives the line format: no `;`, no line breaks, no number of its own at the end. */
export function foldedName(name: string): string {
  return name
    .replace(/;/g, ':')
    .replace(/\s+/g, ' ')
    .replace(/ (?=[\d.]+$)/, '_');
}

/** Samples by node: whole ones, and the rest by largest remainder. */
export function apportion(self: Float64Array, sampleTime: number): Float64Array {
  const samples = new Float64Array(self.length);
  let left = 0;
  for (const [node, time] of self.entries()) {
    samples[node] = Math.floor(time / sampleTime);
    left += time % sampleTime;
  }
  const byRemainder = [...self.keys()].filter((node) => self[node]! % sampleTime > 0);
  byRemainder.sort((a, b) => (self[b]! % sampleTime) - (self[a]! % sampleTime) || a - b);
  for (const node of byRemainder.slice(0, Math.round(left / sampleTime))) samples[node]!++;
  return samples;
}

/** Depth first, children by name; an explicit stack, because recursive programs make deep trees. */
function writeFolded(
  tree: CallTree,
  labels: readonly string[],
  sampleTime: number,
  write: (chunk: Uint8Array) => void,
): void {
  const out = new ByteText(write);
  const samples = apportion(tree.self.subarray(0, tree.nodes), sampleTime);
  const children = childLists(tree, labels);
  const walk: { node: Node; path: string }[] = [{ node: 0, path: '' }];
  for (let step = walk.pop(); step !== undefined; step = walk.pop()) {
    const { node, path } = step;
    if (samples[node]! > 0) out.text(`${path} ${samples[node]}\n`);
    const below = children.get(node) ?? [];
    for (const child of below) {
      const name = labels[tree.functions[child]!]! + mark(tree, child);
      walk.push({ node: child, path: node === 0 ? name : `${path};${name}` });
    }
  }
  out.flush();
}

/** By parent, last name first: the walk takes from the end. */
function childLists(tree: CallTree, labels: readonly string[]): Map<Node, Node[]> {
  const children = new Map<Node, Node[]>();
  for (let node = 1; node < tree.nodes; node++) {
    const siblings = children.get(tree.parents[node]!);
    if (siblings === undefined) children.set(tree.parents[node]!, [node]);
    else siblings.push(node);
  }
  const name = (node: Node): string => labels[tree.functions[node]!]!;
  for (const siblings of children.values()) siblings.sort((a, b) => (name(a) < name(b) ? 1 : -1));
  return children;
}

function mark(tree: CallTree, node: Node): string {
  if (tree.open[node]! > 0) return '_[open]';
  return tree.unwound[node]! > 0 ? '_[unwound]' : '';
}

/** For each label the first index that has it: functions of one name are one frame. */
function firstOfEach(labels: readonly string[]): Int32Array {
  const first = new Map<string, number>();
  return Int32Array.from(labels, (label, i) => {
    const known = first.get(label);
    if (known !== undefined) return known;
    first.set(label, i);
    return i;
  });
}
