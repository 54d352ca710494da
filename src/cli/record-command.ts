/** `utrace --record`: runs the target and writes its trace. */
import { record } from '../record/record.js';
import { quoteWord } from '../util/words.js';
import { type Command, DEFAULT_TRACE } from './command-line.js';
import type { Ending } from './exit.js';
import { resultLine } from './result-line.js';
import { say } from './say.js';

export async function runRecord({ options, output }: Extract<Command, { kind: 'record' }>): Promise<Ending> {
  const result = await record(options, { kind: 'trace', path: output }, say);
  const input = output === DEFAULT_TRACE ? '' : ` -i ${quoteWord(output)}`;
  say(`${resultLine(result)}; show them with: utrace --report${input}`);
  return result;
}
