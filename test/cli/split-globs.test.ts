/** Comma lists of patterns that may be C++ names. */
import { describe, expect, it } from 'vitest';
import { splitGlobs } from '../../src/cli/split-globs.js';

describe('splitGlobs', () => {
  it.each<[string, string[]]>([
    ['main', ['main']],
    ['a,b*,c?', ['a', 'b*', 'c?']],
    [' a , b ', ['a', 'b']],
    ['a,,b,', ['a', '', 'b', '']],
    ['f(int, char),g', ['f(int, char)', 'g']],
    ['Map<K, V>::get,Map<K, List<V, W>>::put', ['Map<K, V>::get', 'Map<K, List<V, W>>::put']],
    ['[a,b]*,x{1,2}', ['[a,b]*', 'x{1,2}']],
    ['(anonymous namespace)::f(int, int),main', ['(anonymous namespace)::f(int, int)', 'main']],
    [
      'main::{lambda(int, int)#1}::operator()(int, int) const,b',
      ['main::{lambda(int, int)#1}::operator()(int, int) const', 'b'],
    ],
    ['operator<(A const&, B),f', ['operator<(A const&, B)', 'f']],
    ['A::operator<,A::operator>,f', ['A::operator<', 'A::operator>', 'f']],
    [
      'operator<<,operator>>,operator->,operator<=>',
      ['operator<<', 'operator>>', 'operator->', 'operator<=>'],
    ],
    ['operator,(A, B),f', ['operator,(A, B)', 'f']],
    ['operator()(int, int),operator[](int, int)', ['operator()(int, int)', 'operator[](int, int)']],
    ['vector<*,main', ['vector<*', 'main']],
    ['*>,main', ['*>', 'main']],
    ['f(int,main', ['f(int', 'main']],
    ['f(A<B, C),main', ['f(A<B, C)', 'main']],
    ['a\\,b,c', ['a,b', 'c']],
    ['a\\*,b', ['a\\*', 'b']],
  ])('%j', (text, globs) => {
    expect(splitGlobs(text)).toEqual(globs);
  });

  it('takes no time on brackets that are never closed', () => {
    expect(splitGlobs(`${'<(['.repeat(10_000)},x`)).toHaveLength(2);
  });
});
