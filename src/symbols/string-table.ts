/**
 * NUL-terminated names by offset (gABI, "String Table"). Offsets may point anywhere, also into the
 * middle of another name; in a hostile file thousands of symbols share one endless name. So a name has a longest length, and all
 * names read from one table together a budget that real tables (which share only suffixes) never reach.
 */
import { damaged } from './elf-bytes.js';

const LONGEST_NAME = 1 << 16;
/** Bytes of names handed out per byte of table, and what every table may hand out. */
const BUDGET_FACTOR = 32;
const BUDGET_BASE = 1 << 20;

export class StringTable {
  readonly #path: string;
  readonly #content: Buffer;
  #budget: number;

  constructor(path: string, content: Buffer) {
    this.#path = path;
    this.#content = content;
    this.#budget = BUDGET_BASE + content.length * BUDGET_FACTOR;
  }

  /** Whether a name, not the empty string, begins at `offset`. */
  has(offset: number): boolean {
    return offset < this.#content.length && this.#content[offset] !== 0;
  }

  /** The name at `offset`; empty where the offset lies outside. Throws ELF_DAMAGED beyond the limits. */
  at(offset: number): string {
    const content = this.#content;
    if (offset >= content.length || content[offset] === 0) return '';
    let end = offset + 1;
    while (end < content.length && content[end] !== 0) end++;
    this.#budget -= end - offset;
    if (end - offset > LONGEST_NAME || this.#budget < 0) {
      throw damaged(this.#path, 'its symbol names overlap beyond reason');
    }
    return content.toString('utf8', offset, end);
  }
}
