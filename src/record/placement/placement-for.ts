/** From the options and the running kernel to the rule by which probes are placed. */
import type { RunOptions } from '../options.js';
import type { Placement } from '../plan-sites.js';
import { bindingIsCertain } from './binding.js';
import { kernelFacts } from './kernel-facts.js';

export async function placementFor({ placement, target, engine }: RunOptions): Promise<Placement> {
  if (placement === 'entry') return { kind: 'entry' };
  const facts = await kernelFacts();
  // An engine that is forced instead cannot decline returns, whatever the kernel could.
  const kernel = { ...facts, session: facts.session && (engine ?? 'session') === 'session' };
  return { kind: 'cheapest', kernel, libraries: bindingIsCertain(target) };
}
