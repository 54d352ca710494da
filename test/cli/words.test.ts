/** Words of -c are what a real shell makes of them. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { quoteWord } from '../../src/util/shell-quote.js';
import { splitWords } from '../../src/util/words.js';

/** No expansions in these: there is no shell behind -c. */
const TEXTS = [
  'one two  three',
  '  leading and trailing  ',
  '\ttabs\tand\t blanks\t',
  `'single  quoted' "double  quoted"`,
  `a'b'c"d"e`,
  `'' "" x`,
  `''""`,
  `"it's" 'say "so"'`,
  String.raw`a\ b c\\d \'e\' \"f\"`,
  '"\\\\ \\" \\a \\$ \\`"',
  String.raw`'\n' "\n" \n`,
  'joined\\\nline "joined\\\nquoted" \'kept\\\nsingle\'',
  '\\\n',
  'a \\\n b',
  String.raw`trailing\\`,
  `--name='a b' -x"y z"`,
  'ünï "çødé 漢字" 🙂',
  `${'word '.repeat(300)}`,
];

describe('splitWords', () => {
  it.each(TEXTS)('%j as sh splits it', (text) => {
    expect(splitWords(text)).toEqual(shellWords(text));
  });

  it('random texts of quotes, backslashes and blanks, where sh accepts them', () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    const texts = Array.from({ length: 400 }, () =>
      Array.from({ length: random(12) }, () => `ab '"\\ +`.charAt(random(8))).join(''),
    );
    const balanced = texts.filter((text) => !throws(text) && !text.endsWith('\\'));
    expect(balanced.length).toBeGreaterThan(100);
    const script = balanced.map((text) => `set -- ${text}\nprintf '%s\\0' "$#" "$@"`).join('\n');
    const fields = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0');
    for (const text of balanced) {
      const count = Number(fields.shift());
      expect([text, splitWords(text)]).toEqual([text, fields.splice(0, count)]);
    }
  });

  it('a newline separates words, where a shell would begin a second command', () => {
    expect(splitWords('a\n  b\n')).toEqual(['a', 'b']);
  });

  it.each(['$HOME *.c', 'a|b >c ;d &e', '#no comment', '~ {a,b} `x` $(y)'])('expands nothing: %j', (text) => {
    expect(splitWords(text)).toEqual(text.split(' '));
  });

  it.each([
    [`echo 'open`, "'open"],
    ['echo "open', '"open'],
    [`echo "a\\"`, `"a\\"`],
  ])('%j: never closed', (text, shown) => {
    expect(() => splitWords(text)).toThrow(
      expect.objectContaining({ code: 'UNBALANCED_QUOTE', message: expect.stringContaining(shown) }),
    );
  });
});

describe('quoteWord', () => {
  it.each(['', 'plain', 'a b', "it's", '"', '\\', '$HOME', '*', 'a\nb', '~', '-x', 'a=b', '=x'])(
    '%j comes back from a shell',
    (word) => {
      expect(shellWords(quoteWord(word))).toEqual([word]);
      expect(splitWords(quoteWord(word))).toEqual([word]);
    },
  );
});

/** Globbing is off; each word ends in a NUL. */
function shellWords(text: string): string[] {
  const output = execFileSync('sh', ['-f', '-c', `set -- ${text}\nprintf '%s\\0' "$#" "$@"`], {
    encoding: 'utf8',
  });
  return output.split('\0').slice(1, -1);
}

function throws(text: string): boolean {
  try {
    splitWords(text);
    return false;
  } catch {
    return true;
  }
}
