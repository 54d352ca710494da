/** The error for a program that is not there, with what was probably meant. */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { EXIT_NOT_FOUND, UtraceError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import { quoteWord } from '../util/shell-quote.js';

/** `directories`: where a word without a slash was searched. */
export function noSuchProgram(word: string, directories: readonly string[]): UtraceError {
  const shown = word === '' ? "'' (an empty word)" : word;
  return new UtraceError({
    code: 'NO_SUCH_PROGRAM',
    message: `no such program: ${shown}`,
    hint: word.includes('/') ? hintForPath(word) : hintForName(word, directories),
    exitCode: EXIT_NOT_FOUND,
  });
}

function hintForPath(word: string): string | undefined {
  if (/\s/.test(word)) return wholeCommand(word);
  const directory = dirname(word);
  const names = list(resolve(directory));
  if (names === undefined) return `there is no directory ${directory}`;
  const prefix = word.slice(0, word.length - basename(word).length);
  return didYouMean(nearest(basename(word), names).map((name) => `${prefix}${name}`));
}

function hintForName(word: string, directories: readonly string[]): string | undefined {
  if (/\s/.test(word)) return wholeCommand(word);
  if (word !== '' && statSync(resolve(word), { throwIfNoEntry: false })?.isFile() === true) {
    return `PATH is searched, not the working directory; did you mean: ./${word}?`;
  }
  const searched = directories.map((directory) => directory || '.');
  const names = searched.flatMap((directory) => list(directory) ?? []);
  const local = (list('.') ?? []).map((name) => `./${name}`).filter(isFile);
  const near = nearest(word, [...names, ...local.map((path) => path.slice(2))]);
  const meant = near.map((name) => (!names.includes(name) ? `./${name}` : name));
  return didYouMean(meant) ?? `searched in PATH: ${searched.join(':')}`;
}

/** `utrace -- "ls -l"`: a command line that came as one word. */
function wholeCommand(word: string): string {
  return `for a whole command line in one word: utrace -c ${quoteWord(word)}`;
}

function didYouMean(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `did you mean: ${names.map(quoteWord).join(', ')}?`;
}

function list(directory: string): string[] | undefined {
  try {
    return readdirSync(directory);
  } catch {
    return undefined;
  }
}

function isFile(path: string): boolean {
  return statSync(join('.', path), { throwIfNoEntry: false })?.isFile() === true;
}
