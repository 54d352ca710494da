import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { quoteWord } from '../../src/util/shell-quote.js';

describe('quoteWord', () => {
  it('leaves harmless words bare', () => {
    for (const word of ['a', '/usr/bin/node', '--format=summary', '-p', 'a@b:1,2+3%', 'X=1']) {
      expect(quoteWord(word)).toBe(word);
    }
  });

  it('every other word comes back from a shell as it was', () => {
    const words = [
      '',
      ' ',
      "it's",
      '"',
      '$HOME',
      '`id`',
      '*',
      '~',
      '~root',
      'a\nb',
      '\\',
      '=x',
      '#',
      '!1',
      'ü',
      '{a,b}',
    ];
    const command = `printf '%s\\0' ${words.map(quoteWord).join(' ')}`;
    expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(words);
  });
});
