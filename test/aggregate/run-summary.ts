/** Runs `utrace --summary` and reads its tables and histograms back. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Outcome, utrace } from '../e2e/run.js';
import { duration, parseSummary, type Summary } from '../e2e/summary.js';

export interface Aggregated extends Outcome {
  readonly text: string;
  readonly summary: Summary;
  /** By function: calls by the shortest duration of their bucket, ns. */
  readonly histograms: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

let runs = 0;

/** Fails the test where utrace itself failed. */
export async function aggregate(
  folder: string,
  command: readonly string[],
  options: readonly string[] = [],
): Promise<Aggregated> {
  const path = join(folder, `summary-${++runs}.txt`);
  const outcome = await utrace(['--summary', '--histogram', '-o', path, ...options, '--', ...command]);
  if (outcome.status === 125) throw new Error(`utrace failed: ${outcome.stderr}`);
  return { ...outcome, ...readAggregated(path) };
}

export function readAggregated(path: string): Pick<Aggregated, 'text' | 'summary' | 'histograms'> {
  const text = readFileSync(path, 'utf8');
  const [table = '', ...blocks] = text.split('\n\n');
  return { text, summary: parseSummary(table), histograms: new Map(blocks.map(parseHistogram)) };
}

function parseHistogram(block: string): [string, Map<number, number>] {
  const [name = '', ...lines] = block.trimEnd().split('\n');
  const buckets = lines.map((line): [number, number] => {
    const [, from = '', count = ''] = /^ {2}from +(\S+ \S+) +(\d+)/.exec(line) ?? [];
    return [Math.round(duration(from)), Number(count)];
  });
  return [name, new Map(buckets)];
}

export function sum(numbers: Iterable<number>): number {
  let result = 0;
  for (const number of numbers) result += number;
  return result;
}
