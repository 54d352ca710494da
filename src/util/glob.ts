/**
 * Shell globs over names: `*`, `?`, `[abc]`, `[!abc]`, `\x`. Unlike paths, `*` crosses every character.
 * A C++ name also matches without its parameter list: `parse` finds `parse(int)`.
 */
export interface GlobFilter {
  /** Empty: everything is included. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** Compiles an include-then-exclude filter to a predicate over any of a symbol's names. */
export function compileFilter(filter: GlobFilter): (...names: readonly string[]) => boolean {
  const include = filter.include.map(globToRegExp);
  const exclude = filter.exclude.map(globToRegExp);
  const anyMatch = (patterns: readonly RegExp[], names: readonly string[]): boolean =>
    patterns.some((pattern) => names.some((name) => matches(pattern, name)));
  return (...names) => (include.length === 0 || anyMatch(include, names)) && !anyMatch(exclude, names);
}

/** Translates one glob; an unclosed `[` stands for itself. */
export function globToRegExp(glob: string): RegExp {
  let source = '';
  for (let i = 0; i < glob.length; i++) {
    const char = glob.charAt(i);
    const close = char === '[' ? glob.indexOf(']', i + 2) : -1;
    if (char === '*') source += '[^]*';
    else if (char === '?') source += '[^]';
    else if (close > 0) {
      const body = glob.slice(i + 1, close).replace(/[\\^\]]/g, '\\$&');
      source += body.startsWith('!') ? `[^${body.slice(1)}]` : `[${body}]`;
      i = close;
    } else if (char === '\\' && i + 1 < glob.length) source += escapeRegExp(glob.charAt(++i));
    else source += escapeRegExp(char);
  }
  return new RegExp(`^${source}$`);
}

function matches(pattern: RegExp, name: string): boolean {
  if (pattern.test(name)) return true;
  const parameters = name.indexOf('(', name.startsWith('(anonymous namespace)') ? 21 : 1);
  return parameters > 0 && pattern.test(name.slice(0, parameters));
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
