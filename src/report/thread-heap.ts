/** A binary heap of threads by the time of their next event: the k-way merge of replay. */
export interface Due {
  /** Infinity: nothing more to come. */
  readonly due: number;
}

export class ThreadHeap<Thread extends Due> {
  private readonly heap: Thread[];

  constructor(threads: readonly Thread[]) {
    this.heap = threads.filter((thread) => thread.due < Number.POSITIVE_INFINITY);
    this.heap.sort((a, b) => a.due - b.due);
  }

  /** The thread whose event is next. */
  get first(): Thread | undefined {
    return this.heap[0];
  }

  /** Until when `first` may run before another thread is due. */
  get secondDue(): number {
    const left = this.heap[1]?.due ?? Number.POSITIVE_INFINITY;
    const right = this.heap[2]?.due ?? Number.POSITIVE_INFINITY;
    return Math.min(left, right);
  }

  /** Puts `first` where its new time belongs; drops it when it is done. */
  settle(): void {
    const { heap } = this;
    const moved = heap[0];
    if (moved === undefined) return;
    if (moved.due < Number.POSITIVE_INFINITY) {
      this.sink(moved);
      return;
    }
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.sink(last);
  }

  private sink(thread: Thread): void {
    const { heap } = this;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const right = heap[child + 1];
      if (right !== undefined && right.due < heap[child]!.due) child++;
      const candidate = heap[child];
      if (candidate === undefined || candidate.due >= thread.due) break;
      heap[at] = candidate;
      at = child;
    }
    heap[at] = thread;
  }
}
