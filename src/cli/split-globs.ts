/**
 * Comma lists of globs. A comma inside `<>`, `()`, `[]` or `{}` belongs to a C++ name or to the glob, not to
 * the list: `f(int, int),Map<K, V>::get` is two. A bracket that is never closed protects nothing, and the
 * characters of `operator<`, `operator()` and the like are no brackets. `\,` is a comma of the name.
 */
export function splitGlobs(text: string): string[] {
  const tokens = [...text.matchAll(TOKEN)].map(([token]) => token);
  const closes = matchBrackets(tokens);
  const globs: string[] = [];
  let glob = '';
  let protectedTo = -1;
  for (const [index, token] of tokens.entries()) {
    protectedTo = Math.max(protectedTo, closes.get(index) ?? -1);
    if (token === ',' && index > protectedTo) {
      globs.push(glob);
      glob = '';
    } else glob += token === '\\,' ? ',' : token;
  }
  return [...globs, glob].map((entry) => entry.trim());
}

/** An operator's name (the longest spelling first), an escaped character, or any character. */
const TOKEN = /operator ?(?:<=>|<<=|>>=|->\*|<<|>>|<=|>=|->|\(\)|\[\]|<|>|,)|\\.|./gs;

const OPENERS: Readonly<Record<string, string>> = { '>': '<', ')': '(', ']': '[', '}': '{' };

/** Index of each opening bracket that is closed -> index of the bracket that closes it. */
function matchBrackets(tokens: readonly string[]): ReadonlyMap<number, number> {
  const closes = new Map<number, number>();
  const open: number[] = [];
  for (const [index, token] of tokens.entries()) {
    if (Object.values(OPENERS).includes(token)) open.push(index);
    const opener = OPENERS[token];
    const at = opener === undefined ? -1 : open.findLastIndex((start) => tokens[start] === opener);
    if (at < 0) continue;
    closes.set(open[at]!, index);
    // What was opened inside and not closed is no bracket.
    open.length = at;
  }
  return closes;
}
