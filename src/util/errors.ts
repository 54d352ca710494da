/**
 * The one error class. Low layers state facts (what failed, on which object, the errno's name);
 * the CLI prints message and hint and leaves with the exit code.
 */
export interface ErrorFacts {
  /** Stable identifier for tests and scripts, for example `NO_SUCH_PROCESS`. */
  readonly code: string;
  /** What failed, on which object, and the likely cause. One sentence, no trailing newline. */
  readonly message: string;
  /** The remedy: the value found, the value needed, one command that can be pasted. */
  readonly hint?: string | undefined;
  /** 125: utrace's own failure (default); 126: found, cannot run; 127: not found. */
  readonly exitCode?: number | undefined;
  readonly cause?: unknown;
}

export class UtraceError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(facts: ErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'UtraceError';
    this.code = facts.code;
    this.hint = facts.hint;
    this.exitCode = facts.exitCode ?? EXIT_FAILURE;
  }
}

/** utrace itself failed (as `env`, `timeout` and `nohup` use it). */
export const EXIT_FAILURE = 125;
/** The command was found but cannot be run. */
export const EXIT_CANNOT_RUN = 126;
/** The command was not found. */
export const EXIT_NOT_FOUND = 127;
