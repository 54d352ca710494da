/**
 * Words as a POSIX shell quotes them (IEEE Std 1003.1, Shell Command Language, 2.2 Quoting): single quotes,
 * double quotes, backslashes. Nothing is expanded: `$HOME`, `*`, `|` and `#` are ordinary characters,
 * because no shell runs.
 */
import { UtraceError } from './errors.js';

/** Splits `text` at unquoted blanks and removes the quoting. Throws UNBALANCED_QUOTE. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let i = 0;
  while (i < text.length) {
    const char = text.charAt(i);
    if (BLANK.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      i++;
      continue;
    }
    const piece =
      char === "'" ? singleQuoted(text, i) : char === '"' ? doubleQuoted(text, i) : unquoted(text, i);
    // A backslash before a newline joins the lines and makes no word of its own.
    if (piece.text !== undefined) word = (word ?? '') + piece.text;
    i = piece.end;
  }
  if (word !== undefined) words.push(word);
  return words;
}

interface Piece {
  /** undefined: nothing, not even an empty word. */
  readonly text: string | undefined;
  readonly end: number;
}

const BLANK = /[ \t\n]/;
/** The only characters before which a backslash is special inside double quotes (2.2.3). */
const ESCAPABLE = '$`"\\\n';

function singleQuoted(text: string, start: number): Piece {
  const close = text.indexOf("'", start + 1);
  if (close < 0) throw unbalanced("a single quote (')", text, start);
  return { text: text.slice(start + 1, close), end: close + 1 };
}

function doubleQuoted(text: string, start: number): Piece {
  let inside = '';
  for (let i = start + 1; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '"') return { text: inside, end: i + 1 };
    const next = text.charAt(i + 1);
    if (char === '\\' && next !== '' && ESCAPABLE.includes(next)) {
      if (next !== '\n') inside += next;
      i++;
    } else inside += char;
  }
  throw unbalanced('a double quote (")', text, start);
}

function unquoted(text: string, start: number): Piece {
  const char = text.charAt(start);
  if (char !== '\\') return { text: char, end: start + 1 };
  const next = text.charAt(start + 1);
  if (next === '\n') return { text: undefined, end: start + 2 };
  // At the very end it stands for itself, as in dash and bash.
  return next === '' ? { text: '\\', end: start + 1 } : { text: next, end: start + 2 };
}

function unbalanced(what: string, text: string, start: number): UtraceError {
  return new UtraceError({
    code: 'UNBALANCED_QUOTE',
    message: `${what} is opened and never closed: ${text.slice(start, start + 40)}`,
    hint: 'close the quote, put a backslash before it, or give the words after --: utrace -- CMD ARGS',
  });
}
