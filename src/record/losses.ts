/**
 * The BPF programs count what they could not write; this turns the counters into dated losses.
 * A loss is dated by the polling rounds it happened between (1-5 ms apart).
 */
import { mapShared } from '../bpf/libc.js';
import type { TraceLoss } from '../trace/model.js';
import type { Ns } from '../util/units.js';
import { LOSS_CAUSES } from './event.js';

const PAGE = 4096;

export class LossCounters {
  lost = 0;
  readonly #counters: BigUint64Array;
  readonly #seen: BigUint64Array;
  #from = 0;

  constructor(fd: number) {
    this.#counters = new BigUint64Array(mapShared(fd, PAGE, 0, false), 0, LOSS_CAUSES.length);
    this.#seen = new BigUint64Array(LOSS_CAUSES.length);
  }

  /** Hands over what was lost since the last poll. */
  poll(now: number, onLoss: (loss: TraceLoss) => void): void {
    for (const [index, cause] of LOSS_CAUSES.entries()) {
      const count = Atomics.load(this.#counters, index);
      const fresh = Number(count - this.#seen[index]!);
      if (fresh === 0) continue;
      this.#seen[index] = count;
      this.lost += fresh;
      onLoss({ from: this.#from as Ns, to: now as Ns, count: fresh, cause });
    }
    this.#from = now;
  }
}
