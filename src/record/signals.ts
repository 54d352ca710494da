/**
 * What signals to utrace mean while a target runs. Launched: the first is the target's, and the trace goes on
 * until it ends; the second ends the recording at once. Attached: the first ends the recording.
 */
import { processStat } from './process-stat.js';
import type { Target } from './target.js';

const HANDLED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

export interface SignalWatch {
  /** Resolves with the signal that ends the recording. */
  readonly stopped: Promise<NodeJS.Signals>;
  close(): void;
}

export function watchSignals(target: Target, say: (line: string) => void): SignalWatch {
  let received = 0;
  let onSignal: (name: NodeJS.Signals) => void = () => {};
  const stopped = new Promise<NodeJS.Signals>((resolve) => {
    onSignal = (name) => {
      received++;
      if (target.kind === 'attach' || received > 1) return resolve(name);
      if (!cameFromTerminal(name)) target.signal(name);
      say(`${name} went to the target, waiting for its end; again to stop at once`);
    };
  });
  for (const name of HANDLED) process.on(name, onSignal);
  return {
    stopped,
    close: () => {
      for (const name of HANDLED) process.off(name, onSignal);
    },
  };
}

/**
 * A terminal sends its signals to the whole foreground process group, the target included; a second copy from
 * us would be a second Ctrl-C to it. Node does not tell who sent a signal, so being that group stands for it.
 */
function cameFromTerminal(name: NodeJS.Signals): boolean {
  if (name === 'SIGTERM') return false;
  const stat = processStat('self');
  const [group, foreground] = [stat?.[2], stat?.[5]];
  return group !== undefined && group === foreground;
}
