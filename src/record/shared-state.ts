/** `struct utrace_shared` of bpf/event.h, mapped: loss counters, and the state of back-pressure. */
import { mapShared, PAGE } from '../bpf/libc.js';
import type { TraceLoss } from '../trace/model.js';
import type { Ns } from '../util/units.js';
import { LOSS_CAUSES } from './event.js';

export enum StopState {
  None = 0,
  Claimed = 1,
  /** SIGSTOP is sent: drain, set None, send SIGCONT, in this order. */
  Sent = 2,
}

export class SharedState {
  lost = 0;
  readonly #counters: BigUint64Array;
  readonly #stop: Int32Array;
  readonly #seen = new BigUint64Array(LOSS_CAUSES.length);
  #from = 0;

  constructor(fd: number) {
    const memory = mapShared(fd, PAGE, 0, true);
    this.#counters = new BigUint64Array(memory, 0, LOSS_CAUSES.length);
    this.#stop = new Int32Array(memory, LOSS_CAUSES.length * 8, 1);
  }

  /** Hands over what was lost since the last poll, dated by both polls (1-5 ms apart). */
  pollLosses(now: number, onLoss: (loss: TraceLoss) => void): void {
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

  get stopSent(): boolean {
    return Atomics.load(this.#stop, 0) === StopState.Sent;
  }

  /** The target is about to be continued. */
  clearStop(): void {
    Atomics.store(this.#stop, 0, StopState.None);
  }
}
