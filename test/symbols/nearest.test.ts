import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/util/nearest.js';

describe('nearest names', () => {
  const names = ['quick_sort', 'main', 'malloc', 'calloc', 'free', 'printf', 'fprintf', 'quick_sort_part'];

  it.each([
    ['quik_sort', ['quick_sort']],
    ['quick_srot', ['quick_sort']],
    ['mian', ['main']],
    ['MALLOC', ['malloc', 'calloc']],
    ['prinft', ['printf', 'fprintf']],
    ['quick*', ['quick_sort', 'quick_sort_part']],
    ['sort', ['quick_sort', 'quick_sort_part']],
    ['xyzzy', []],
    ['', []],
  ])('%s', (word, expected) => expect(nearest(word, names)).toEqual(expected));

  it('gives no more than asked for, each once', () => {
    expect(nearest('a', ['b', 'c', 'd', 'e'], 2)).toEqual(['b', 'c']);
    expect(nearest('main', ['main', 'main'])).toEqual(['main']);
  });
});
