/**
 * A mangled C++ name may refer back to its own parts (Itanium C++ ABI, section 5.1.10), so that 230 bytes
 * can stand for 140 MB of text, and 400 for more than any memory. The parts form a graph: a
 * part of n references (and its own place) is written at most n + 1 times for each time its user is, so the
 * product over all parts, times the length, bounds the text. Of 184,000 names of node, LLVM and libstdc++ the
 * largest products are near 2^28, and only 30 exceed 2^20.
 */
export function expandsBeyondReason(symbol: string): boolean {
  if (symbol.length < ALWAYS_SMALL) return false;
  const references = new Map<string, number>();
  for (const [part] of symbol.matchAll(REFERENCE)) references.set(part, (references.get(part) ?? 0) + 1);
  let log2 = Math.log2(symbol.length);
  for (const count of references.values()) log2 += Math.log2(count + 1);
  return log2 > MOST;
}

/** Names of this length expand to some 10 kB at most. */
const ALWAYS_SMALL = 90;
/** log2 of the bound: real names of 500 bytes with a product of 2^17 still pass. */
const MOST = 26;
/** Substitutions `S_`, `S1A_` and template parameters `T_`, `T0_`. */
const REFERENCE = /[ST][0-9A-Z]*_/g;
