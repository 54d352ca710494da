/** From the options and the running kernel to the rule by which probes are placed. */
import type { RunOptions } from '../options.js';
import type { Placement } from '../plan-sites.js';
import { bindingIsCertain } from './binding.js';
import { kernelFacts } from './kernel-facts.js';

export async function placementFor({ placement, target }: RunOptions): Promise<Placement> {
  if (placement === 'entry') return { kind: 'entry' };
  return { kind: 'cheapest', kernel: await kernelFacts(), libraries: bindingIsCertain(target) };
}
