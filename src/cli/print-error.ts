/**
 * Errors for people: what failed on one line, below it the remedy. A stack only with --debug, for it says
 * nothing to a user. Written at once and to the descriptor, because utrace ends next.
 */
import { writeSync } from 'node:fs';
import { EXIT_FAILURE, UtraceError } from '../util/errors.js';
import { adviceFor, errnoOf, hintFor } from './advice.js';

/** Prints to stderr; returns the status to leave with. */
export function printError(error: unknown, debug: boolean): number {
  writeError(describeError(error, debug));
  return error instanceof UtraceError ? error.exitCode : EXIT_FAILURE;
}

/** The text that `printError` writes. */
export function describeError(error: unknown, debug: boolean): string {
  const hint = hintOf(error);
  const lines = [`utrace: ${messageOf(error)}`, ...indent(hint), ...(debug ? stacksOf(error) : [])];
  return `${lines.join('\n')}\n`;
}

function messageOf(error: unknown): string {
  if (error instanceof UtraceError) return error.message;
  if (!(error instanceof Error)) return `unexpected error: ${oneLine(String(error))}`;
  const name = errnoOf(error) === undefined ? `${error.name}: ` : '';
  return `unexpected error: ${name}${oneLine(error.message)}`;
}

function hintOf(error: unknown): string | undefined {
  if (error instanceof UtraceError) return hintFor(error);
  const errno = errnoOf(error);
  if (errno !== undefined) return adviceFor(errno, 'file');
  return 'this is an error of utrace; run it again with --debug and report what it prints';
}

const MOST_CAUSES = 8;

/** The error, then what caused it; a circle ends. */
function causesOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let link = error; link instanceof Error && chain.length < MOST_CAUSES; link = link.cause)
    chain.push(link);
  return chain;
}

function stacksOf(error: unknown): string[] {
  return causesOf(error).flatMap((link, index) =>
    indent(index === 0 ? link.stack : `caused by: ${link.stack}`),
  );
}

function indent(text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : text.split('\n').map((line) => `  ${line}`);
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, '; ');
}

const RETRY_MS = 5;
const MOST_RETRIES = 200;

/** A non-blocking stderr that is full (EAGAIN) is waited for, one second at most; a closed one is given up. */
function writeError(text: string): void {
  let rest = Buffer.from(text);
  for (let retries = 0; rest.length > 0 && retries < MOST_RETRIES; ) {
    try {
      rest = rest.subarray(writeSync(2, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      retries++;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}
