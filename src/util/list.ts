/**
 * Comma lists of globs. A comma inside `<>`, `()`, `[]` or `{}` belongs to a C++ name or to the glob, not to
 * the list: `f(int, int),Map<K, V>::get` is two. A bracket that is never closed protects nothing, and the brackets
 * of `operator<`, `operator()` and the like are none. `\,` is a comma of the name.
 */
export function splitList(text: string): string[] {
  const items: string[] = [];
  let item = '';
  for (let i = 0; i < text.length; ) {
    const end = text.charAt(i) === ',' ? i : unitEnd(text, i);
    if (end === i) {
      items.push(item);
      item = '';
      i++;
    } else {
      item += text.slice(i, end);
      i = end;
    }
  }
  items.push(item);
  return items.map((entry) => entry.trim().replaceAll('\\,', ',')).filter((entry) => entry !== '');
}

const PAIRS: Readonly<Record<string, string>> = { '<': '>', '(': ')', '[': ']', '{': '}' };
/** Longest first: the spelling of an operator whose characters are not brackets or separators. */
const OPERATOR = /operator ?(?:<=>|<<=|>>=|->\*|<<|>>|<=|>=|->|\(\)|\[\]|<|>|,)/y;
const MAX_NESTING = 100;

/** End of what cannot be taken apart at `start`: an operator's name, an escaped or plain character, a closed bracket pair. */
function unitEnd(text: string, start: number, depth = 0): number {
  const char = text.charAt(start);
  if (char === '\\') return Math.min(start + 2, text.length);
  if (char === 'o') {
    OPERATOR.lastIndex = start;
    if (OPERATOR.test(text)) return OPERATOR.lastIndex;
  }
  const close = PAIRS[char];
  if (close === undefined || depth > MAX_NESTING) return start + 1;
  for (let i = start + 1; i < text.length; i = unitEnd(text, i, depth + 1)) {
    if (text.charAt(i) === close) return i + 1;
  }
  return start + 1;
}
