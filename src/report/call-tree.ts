/**
 * The calling-context tree: one node for each distinct stack of functions, over all threads. Columns of
 * typed arrays and one hash table from (parent, function) to node, so that a call costs a look-up and
 * memory grows with distinct stacks, never with calls. Needs the replay thread by thread.
 */
import { Leave } from '../trace/model.js';
import type { FunctionId, Ns, ThreadId } from '../util/units.js';
import type { CallVisitor } from './call-stacks.js';

/** A node's number; 0 is the root, which is no call. Parents have smaller numbers than their children. */
export type Node = number;

export class CallTree implements CallVisitor {
  nodes = 1;
  parents = new Int32Array(INITIAL);
  functions = new Int32Array(INITIAL);
  /** ns */
  self = new Float64Array(INITIAL);
  /** Calls of the node that were unwound, and that were still open at the end. */
  unwound = new Float64Array(INITIAL);
  open = new Float64Array(INITIAL);
  private current: Node = 0;
  /** The child entered last: the next call is often the same. */
  private recent = new Int32Array(INITIAL);
  /** Open addressing; 0: free. At most half full. */
  private table = new Int32Array(INITIAL * 2);

  /** `alias`: functions that count as one share a number. */
  constructor(private readonly alias: Int32Array) {}

  enter(_thread: ThreadId, _time: Ns, id: FunctionId): void {
    const fn = this.alias[id]!;
    const { current } = this;
    const recent = this.recent[current]!;
    if (recent !== 0 && this.functions[recent] === fn) {
      this.current = recent;
      return;
    }
    const node = this.child(current, fn);
    this.recent[current] = node;
    this.current = node;
  }

  leave(
    _thread: ThreadId,
    _time: Ns,
    _fn: FunctionId,
    _depth: number,
    _start: Ns,
    self: Ns,
    how: Leave,
  ): void {
    const node = this.current;
    this.self[node]! += self;
    if (how === Leave.Unwound) this.unwound[node]!++;
    else if (how === Leave.Open) this.open[node]!++;
    this.current = this.parents[node]!;
  }

  private child(parent: Node, fn: number): Node {
    const { table } = this;
    const mask = table.length - 1;
    let slot = hash(parent, fn) & mask;
    for (let node = table[slot]!; node !== 0; node = table[slot]!) {
      if (this.parents[node] === parent && this.functions[node] === fn) return node;
      slot = (slot + 1) & mask;
    }
    if (this.nodes === this.parents.length) {
      this.grow();
      return this.child(parent, fn);
    }
    const node = this.nodes++;
    this.parents[node] = parent;
    this.functions[node] = fn;
    table[slot] = node;
    return node;
  }

  private grow(): void {
    const size = this.nodes * 2;
    const wide = (column: Int32Array) => {
      const larger = new Int32Array(size);
      larger.set(column);
      return larger;
    };
    const precise = (column: Float64Array) => {
      const larger = new Float64Array(size);
      larger.set(column);
      return larger;
    };
    this.parents = wide(this.parents);
    this.functions = wide(this.functions);
    this.recent = wide(this.recent);
    this.self = precise(this.self);
    this.unwound = precise(this.unwound);
    this.open = precise(this.open);
    const table = new Int32Array(size * 2);
    const mask = table.length - 1;
    for (let node = 1; node < this.nodes; node++) {
      let slot = hash(this.parents[node]!, this.functions[node]!) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = node;
    }
    this.table = table;
  }
}

/** A power of two. */
const INITIAL = 1024;

/** Multiplicative hashing (Knuth, TAOCP 6.4) of both numbers, high bits folded down. */
function hash(parent: number, fn: number): number {
  const mixed = Math.imul(parent, 0x9e3779b1) ^ Math.imul(fn, 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
