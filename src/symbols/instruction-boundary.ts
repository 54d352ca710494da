/**
 * Does a symbol that lies inside another function name the start of an instruction? A linear walk from
 * the enclosing function's first instruction tells. The walk never goes back, so that all questions together
 * cost one pass over the code; where it meets bytes that are no instruction (data in text) it knows nothing more
 * about that function and objects to nothing.
 */
import type { FileOffset } from '../util/units.js';
import { type CodeDecoder, INVALID_CODE } from './decoder.js';

/** Ask in ascending order of offset; `size` is the function's own. */
export function openBoundaryCheck(decoder: CodeDecoder): (offset: FileOffset, size: number) => boolean {
  /** End of the enclosing function, and the next instruction of the walk through it. */
  let end = 0;
  let position = 0;
  return (offset, size) => {
    if (offset >= end) {
      end = offset + size;
      position = offset;
      return true;
    }
    while (position < offset) {
      const length = lengthAt(decoder, position);
      if (length === 0) {
        end = 0;
        return true;
      }
      position += length;
    }
    return position === offset;
  };
}

function lengthAt(decoder: CodeDecoder, offset: number): number {
  const instruction = decoder.decode(offset as FileOffset);
  if (instruction === undefined || instruction.code === INVALID_CODE) return 0;
  return instruction.length;
}
