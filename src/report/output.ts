/**
 * The stream a report goes to. Chunks are handed over at once; a replay asks `full` between blocks and
 * waits, so a slow reader never makes memory grow. A reader that has seen enough (EPIPE: `| head`) ends
 * the report quietly; every other failure is an error.
 */
import type { Writable } from 'node:stream';
import { UtraceError } from '../util/errors.js';

export class ReportOutput {
  /** The reader is gone: nothing more needs to be made. */
  closed = false;
  private failure: Error | undefined;

  constructor(private readonly stream: Writable) {
    stream.on('error', this.onError);
  }

  readonly write = (chunk: Uint8Array | string): void => {
    if (!this.closed && chunk.length > 0) this.stream.write(chunk);
  };

  get full(): boolean {
    return !this.closed && this.stream.writableNeedDrain;
  }

  /** Resolves when the stream takes more, or takes nothing any more. */
  async drained(): Promise<void> {
    if (this.full) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          for (const event of ENDS) this.stream.off(event, done);
          resolve();
        };
        for (const event of ENDS) this.stream.on(event, done);
      });
    }
    this.check();
  }

  /** Waits until all is written; the stream stays open. */
  async finish(): Promise<void> {
    if (!this.closed) await new Promise<void>((resolve) => this.stream.write('', () => resolve()));
    await new Promise((resolve) => setImmediate(resolve));
    this.stream.off('error', this.onError);
    this.check();
  }

  private readonly onError = (error: Error & { code?: string }): void => {
    this.closed = true;
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') this.failure ??= error;
  };

  private check(): void {
    if (this.failure === undefined) return;
    const code = 'code' in this.failure ? String(this.failure.code) : this.failure.message;
    throw new UtraceError({
      code: 'OUTPUT_IO',
      message: `cannot write the report: ${code}`,
      hint: code === 'ENOSPC' ? 'the disk is full: choose another place with -o' : undefined,
      cause: this.failure,
    });
  }
}

const ENDS = ['drain', 'error', 'close'] as const;
