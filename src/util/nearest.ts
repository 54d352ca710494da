/**
 * "Did you mean": the candidates closest to a mistyped word, by edit distance (insert, delete,
 * replace, and swap of neighbours; optimal string alignment). A candidate that contains the word, or begins with it, is
 * near as well. Glob characters in the word are ignored, so that patterns can be looked up.
 */
export function nearest(word: string, candidates: Iterable<string>, most = 3): string[] {
  const wanted = word.replace(/[*?[\]\\]/g, '').toLowerCase();
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  const found: { name: string; distance: number }[] = [];
  for (const name of new Set(candidates)) {
    const distance = nearness(wanted, name.toLowerCase(), limit);
    if (distance !== undefined) found.push({ name, distance });
  }
  found.sort((a, b) => a.distance - b.distance || a.name.length - b.name.length || compare(a.name, b.name));
  return found.slice(0, most).map((entry) => entry.name);
}

/** Lower is nearer; undefined: too far. Containment ranks behind every real typing error. */
function nearness(wanted: string, name: string, limit: number): number | undefined {
  if (Math.abs(wanted.length - name.length) <= limit) {
    const distance = editDistance(wanted, name, limit);
    if (distance <= limit) return distance;
  }
  if (wanted.length < 3) return undefined;
  if (name.startsWith(wanted)) return limit + 1;
  return name.includes(wanted) ? limit + 2 : undefined;
}

/** The distance, or any number above `limit` as soon as it is known to be larger. */
function editDistance(a: string, b: string, limit: number): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, beforeLast[j - 2]! + 1);
      }
      row.push(cost);
      if (cost < least) least = cost;
    }
    if (least > limit) return least;
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
