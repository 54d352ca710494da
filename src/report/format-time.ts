/**
 * Times for people: `345 ns`, `12.345 us`, `1.234 ms`, `12.345 s`: exact below 1 ms, at least four
 * significant digits above. Fractions beyond the third are cut, not rounded, so that no sum of parts
 * looks larger than its whole.
 */
export function formatTime(ns: number): string {
  const { whole, thousandths, unit } = timeParts(ns);
  return thousandths < 0 ? `${whole} ${unit}` : `${whole}.${String(thousandths).padStart(3, '0')} ${unit}`;
}

/** A time split for printing: `whole.thousandths unit`; thousandths are -1 where the unit is ns. */
export interface TimeParts {
  whole: number;
  thousandths: number;
  unit: 'ns' | 'us' | 'ms' | 's';
}

/** Fills and returns `parts`, so that a caller with millions of times makes no object for each. */
export function timeParts(
  ns: number,
  parts: TimeParts = { whole: 0, thousandths: -1, unit: 'ns' },
): TimeParts {
  if (ns < 1e3) {
    parts.whole = Math.floor(ns);
    parts.thousandths = -1;
    parts.unit = 'ns';
  } else if (ns < 1e6) fill(parts, ns, 1, 'us');
  else if (ns < 1e9) fill(parts, ns, 1e3, 'ms');
  else fill(parts, ns, 1e6, 's');
  return parts;
}

function fill(parts: TimeParts, ns: number, thousandth: number, unit: TimeParts['unit']): void {
  const all = Math.floor(ns / thousandth);
  parts.whole = Math.floor(all / 1000);
  parts.thousandths = all - parts.whole * 1000;
  parts.unit = unit;
}
