/**
 * Cuts the return type that the C++ ABI encodes for template functions:
 * `int sum<int>(int, int)` -> `sum<int>(int, int)`. A name it cannot follow (a return type that is a function
 * pointer, unbalanced brackets) is given back whole.
 */
export function withoutReturnType(name: string): string {
  // Only a template function has one, and its parameters follow its arguments: `<int>(`.
  if (!name.includes('>(') || !name.includes(' ')) return name;
  const start = findNameStart(name);
  return start > 0 && name.charAt(start) !== '(' && name.charAt(start) !== '*' ? name.slice(start) : name;
}

/** Scans words at bracket depth 0 up to the parameter list or an operator; 0 where nothing is to be cut. */
function findNameStart(name: string): number {
  let start = 0;
  let at = 0;
  while (at < name.length) {
    const char = name.charAt(at);
    if (char === ' ') {
      start = at + 1;
      at++;
    } else if (char === 'o' && startsOperator(name, at)) {
      return start;
    } else if (CLOSING.has(char)) {
      const end = skipBrackets(name, at);
      if (end < 0) return 0;
      // A parameter list ends the name, unless a local entity follows: `f(int)::{lambda()#1}::operator()`.
      if (char === '(' && !/^( const| volatile| &&?)*::/.test(name.slice(end))) {
        const after = name.slice(end);
        if (/^ (?!const|volatile|&|\[)/.test(after))
          at = end; // decltype (...) name
        else return name.charAt(start) === '(' && start > 0 ? 0 : start;
      } else {
        // Qualifiers of an enclosing function are part of the name, not a word of their own.
        at = end + (/^( const| volatile| &&?)+(?=::)/.exec(name.slice(end))?.[0].length ?? 0);
      }
    } else at++;
  }
  return 0;
}

const CLOSING: ReadonlyMap<string, string> = new Map([
  ['<', '>'],
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]);
const OPERATOR = /^operator([^A-Za-z0-9_]|$)/;

/** The index behind the bracket that matches the one at `at`; -1 where none does. */
function skipBrackets(name: string, at: number): number {
  const open: string[] = [];
  for (let i = at; i < name.length; i++) {
    const char = name.charAt(i);
    const closing = CLOSING.get(char);
    if (closing !== undefined) open.push(closing);
    else if (char === open.at(-1)) {
      open.pop();
      if (open.length === 0) return i + 1;
    }
  }
  return -1;
}

function startsOperator(name: string, at: number): boolean {
  return OPERATOR.test(name.slice(at, at + 9)) && !/[A-Za-z0-9_]/.test(name.charAt(at - 1));
}
