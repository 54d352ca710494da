/**
 * Comma lists of globs. A comma inside `<>`, `()`, `[]` or `{}` belongs to a C++ name or to the glob, not to
 * the list: `f(int, int),Map<K, V>::get` is two. A bracket that is never closed protects nothing, and the
 * characters of `operator<`, `operator()` and the like are no brackets. `\,` is a comma of the name.
 */
export function splitGlobs(text: string): string[] {
  const globs: string[] = [];
  let glob = '';
  for (let i = 0; i < text.length; ) {
    if (text.charAt(i) === ',') {
      globs.push(glob);
      glob = '';
      i++;
      continue;
    }
    const end = unitEnd(text, i, 0);
    glob += text.slice(i, end).replace(ESCAPED_COMMA, ',');
    i = end;
  }
  return [...globs, glob].map((entry) => entry.trim());
}

const ESCAPED_COMMA = /^\\,$/;
const PAIRS: Readonly<Record<string, string>> = { '<': '>', '(': ')', '[': ']', '{': '}' };
/** Longest first. */
const OPERATOR = /operator ?(?:<=>|<<=|>>=|->\*|<<|>>|<=|>=|->|\(\)|\[\]|<|>|,)/y;
/** Deeper brackets are taken for plain characters, so that no input takes more than linear time a level. */
const MOST_NESTED = 50;

/** End of what cannot be taken apart at `start`: an operator's name, a closed pair of brackets, one character. */
function unitEnd(text: string, start: number, depth: number): number {
  const char = text.charAt(start);
  if (char === '\\') return Math.min(start + 2, text.length);
  if (char === 'o') {
    OPERATOR.lastIndex = start;
    if (OPERATOR.test(text)) return OPERATOR.lastIndex;
  }
  const close = PAIRS[char];
  if (close === undefined || depth === MOST_NESTED) return start + 1;
  for (let i = start + 1; i < text.length; i = unitEnd(text, i, depth + 1)) {
    if (text.charAt(i) === close) return i + 1;
  }
  return start + 1;
}
