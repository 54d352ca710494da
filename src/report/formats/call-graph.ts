/**
 * The call graph as text, from a trace or live: `name() {` ... `} /* name * /` indented by depth, `name();`
 * for a call without traced callees, its duration where it ends. Threads share the output: each line is
 * printed when its event is known, a call is held back until its next event shows whether it is a leaf.
 * `flat` prints every event as an arrow with the depth instead.
 */
import { Leave } from '../../trace/model.js';
import type { FunctionId, Ns, ThreadId, Tid } from '../../util/units.js';
import { ByteText, TIME_WIDTH } from '../byte-text.js';
import type { CallVisitor } from '../call-stacks.js';
import { EncodedNames } from '../names.js';

export interface CallGraphOptions {
  readonly flat: boolean;
  readonly tid: boolean;
  readonly timestamp: boolean;
}

export interface CallGraphNames {
  /** The function's label, asked once a function. */
  label(fn: FunctionId): string;
  tidOf(thread: ThreadId): Tid | undefined;
}

export class CallGraph implements CallVisitor {
  private readonly out: ByteText;
  private readonly names: EncodedNames;
  /** With parentheses, where the name does not carry its parameters already. */
  private readonly calls: EncodedNames;
  /** By thread, the call whose enter is not printed yet; -1: none. */
  private readonly held: Held[] = [];

  constructor(
    private readonly options: CallGraphOptions,
    private readonly context: CallGraphNames,
    emit: (chunk: Uint8Array) => void,
  ) {
    this.out = new ByteText(emit);
    this.names = new EncodedNames((fn) => context.label(fn as FunctionId));
    this.calls = new EncodedNames((fn) => withParentheses(context.label(fn as FunctionId)));
  }

  /** The line above the columns. */
  begin(): void {
    const { timestamp, tid } = this.options;
    const titles = [
      timestamp ? 'TIME'.padStart(STAMP_WIDTH) : '',
      tid ? 'TID'.padStart(TID_WIDTH) : '',
      'DURATION'.padStart(TIME_WIDTH),
    ].filter((title) => title !== '');
    this.out.text(`#${titles.join(' ').slice(1)} | FUNCTION\n`);
  }

  /** A line between the calls. */
  note(text: string): void {
    this.out.text(`# ${text}\n`);
  }

  enter(thread: ThreadId, time: Ns, fn: FunctionId, depth: number): void {
    if (this.options.flat) {
      this.columns(thread, time, -1);
      this.arrow(ARROW_IN, fn, depth);
      this.out.byte(NEWLINE);
      return;
    }
    const held = this.held[thread] ?? this.addHeld(thread);
    if (held.depth > 0) this.open(thread, held);
    held.fn = fn;
    held.time = time;
    held.depth = depth;
  }

  leave(thread: ThreadId, time: Ns, fn: FunctionId, depth: number, start: Ns, _self: Ns, how: Leave): void {
    const { out } = this;
    const held = this.held[thread];
    const leaf = held !== undefined && held.depth > 0;
    this.columns(thread, leaf ? start : time, time - start);
    if (this.options.flat) {
      this.arrow(ARROW_OUT, fn, depth);
      if (how !== Leave.Returned) out.text(` /* ${ENDINGS[how]} */`);
    } else {
      this.indent(depth);
      if (!leaf) out.bytes(CLOSE);
      out.bytes((leaf ? this.calls : this.names).get(fn));
      if (leaf) out.byte(SEMICOLON);
      if (how !== Leave.Returned) out.text(leaf ? ` /* ${ENDINGS[how]} */` : `: ${ENDINGS[how]}`);
      if (!leaf) out.bytes(COMMENT_END);
      if (leaf) held.depth = 0;
    }
    out.byte(NEWLINE);
  }

  /** Shows what is still open, and hands over all text. */
  advance(): void {
    for (const [thread, held] of this.held.entries()) {
      if (held !== undefined && held.depth > 0) this.open(thread as ThreadId, held);
    }
    this.flush();
  }

  flush(): void {
    this.out.flush();
  }

  private open(thread: ThreadId, held: Held): void {
    this.columns(thread, held.time, -1);
    this.indent(held.depth);
    this.out.bytes(this.calls.get(held.fn));
    this.out.bytes(OPEN);
    held.depth = 0;
  }

  /** `duration` -1: not known yet. */
  private columns(thread: ThreadId, time: Ns, duration: number): void {
    const { out } = this;
    if (this.options.timestamp) {
      const seconds = Math.floor(time / 1e9);
      out.integer(seconds, STAMP_WIDTH - 10);
      out.byte(POINT);
      out.integer(time - seconds * 1e9, 9, ZERO);
      out.byte(SPACE);
    }
    if (this.options.tid) {
      out.integer(this.context.tidOf(thread) ?? 0, TID_WIDTH);
      out.byte(SPACE);
    }
    if (duration < 0) out.spaces(TIME_WIDTH);
    else out.time(duration);
    out.bytes(BAR);
  }

  /** Past MAX_INDENT levels the depth stands as a number, so that lines stay of bounded length. */
  private indent(depth: number): void {
    if (depth <= MAX_INDENT) {
      if (depth > 1) this.out.spaces((depth - 1) * 2);
    } else {
      this.out.spaces(MAX_INDENT * 2);
      this.out.text(`[${depth}] `);
    }
  }

  private arrow(arrow: Uint8Array, fn: FunctionId, depth: number): void {
    this.out.bytes(arrow);
    this.out.integer(depth);
    this.out.bytes(BRACKET);
    this.out.bytes(this.names.get(fn));
  }

  private addHeld(thread: ThreadId): Held {
    const held = { fn: 0 as FunctionId, time: 0 as Ns, depth: 0 };
    this.held[thread] = held;
    return held;
  }
}

/** `depth` 0: nothing held. */
interface Held {
  fn: FunctionId;
  time: Ns;
  depth: number;
}

const ENDINGS = { [Leave.Unwound]: 'unwound', [Leave.Open]: 'not returned' };
const STAMP_WIDTH = 16;
const TID_WIDTH = 7;
const MAX_INDENT = 128;
const SPACE = 0x20;
const ZERO = 0x30;
const POINT = 0x2e;
const SEMICOLON = 0x3b;
const NEWLINE = 0x0a;
const ARROW_IN = Buffer.from('-> [');
const ARROW_OUT = Buffer.from('<- [');
const BRACKET = Buffer.from('] ');
const CLOSE = Buffer.from('} /* ');
const COMMENT_END = Buffer.from(' */');
const OPEN = Buffer.from(' {\n');
const BAR = Buffer.from(' | ');

function withParentheses(label: string): string {
  return label.endsWith(')') ? label : `${label}()`;
}
