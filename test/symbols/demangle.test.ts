import { afterAll, describe, expect, it } from 'vitest';
import { demangle } from '../../src/symbols/demangle.js';
import { demangleWasm } from '../../src/symbols/demangle-wasm.js';
import { withoutReturnType } from '../../src/symbols/return-type.js';
import { compile, filter, lines, temporaryFolder } from './tools.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const CXX = `
#include <map>
#include <string>
namespace app {
struct Shape { virtual ~Shape() = default; virtual double area() const { return 0; } };
struct Square : virtual Shape { double side = 1; double area() const override; operator int(); };
double Square::area() const { return side * side; }
Square::operator int() { return 1; }
template <class T, int N> T repeat(T value, const std::string &) { return value; }
template <class F> auto apply(F f) -> decltype(f(1)) { return f(1); }
namespace { int hidden(std::map<int, std::string> &m) { return m.size(); } }
bool operator<(const Square &, const Square &) { return false; }
template <class T> bool operator<<(const Square &, T) { return true; }
}
int main() {
  std::map<int, std::string> m; app::Square s;
  return app::repeat<long, 3>(1, "x") + app::apply([](int x) { return x + 1; }) + app::hidden(m) + (s < s) + (s << 1) + s;
}`;

describe('C++', () => {
  it('is what c++filt prints, less the return types of templates', () => {
    const path = compile(folder.path, 'cc', CXX, 'g++', '-O0');
    const symbols = lines('nm', '--defined-only', path).map((line) => line.split(' ')[2]!);
    const mangled = symbols.filter((symbol) => symbol.startsWith('_Z'));
    const expected = filter('c++filt', mangled.join('\n'));
    expect(mangled.length).toBeGreaterThan(50);
    mangled.forEach((symbol, i) => {
      const name = demangle(symbol);
      if (name === expected[i]) return;
      expect(expected[i]!.endsWith(` ${name}`), `${expected[i]} | ${name}`).toBe(true);
    });
    const names = new Set(mangled.map(demangle));
    for (const name of [
      'app::Square::area() const',
      'virtual thunk to app::Square::area() const',
      'app::Square::operator int()',
      'app::operator<(app::Square const&, app::Square const&)',
      'app::operator<< <int>(app::Square const&, int)',
    ]) {
      expect(names).toContain(name);
    }
    expect([...names].filter((name) => name.startsWith('app::repeat<long, 3>('))).toHaveLength(1);
    expect([...names].filter((name) => name.startsWith('app::(anonymous namespace)::hidden('))).toHaveLength(
      1,
    );
  });

  it.each([
    ['int sum<int>(int, int)', 'sum<int>(int, int)'],
    ['std::pair<int, long> make<int>(int) const', 'make<int>(int) const'],
    ['decltype ({parm#1}(1)) app::apply<F>(F)', 'app::apply<F>(F)'],
    ['A::operator bool<int>()', 'A::operator bool<int>()'],
    [
      'auto f<int>(int)::{lambda(int)#1}::operator()<long>(long) const',
      'f<int>(int)::{lambda(int)#1}::operator()<long>(long) const',
    ],
    ['(anonymous namespace)::f<int>(int)', '(anonymous namespace)::f<int>(int)'],
    ['void (*choose<int>(int))(char)', 'void (*choose<int>(int))(char)'],
    ['void f<int>(int) [clone .constprop.0]', 'f<int>(int) [clone .constprop.0]'],
    ['bool operator< <int>(A<int>, A<int>)', 'operator< <int>(A<int>, A<int>)'],
    ['f(int)', 'f(int)'],
  ])('%s', (given, expected) => expect(withoutReturnType(given)).toBe(expected));

  it('names that are not mangled, or wrongly, stay', () => {
    for (const name of ['main', '_start', '_Zgarbage', '', '_Z', 'a b', `_Z${'9'.repeat(5000)}`]) {
      expect(demangle(name)).toBe(name);
    }
  });
});

describe('names made to explode', () => {
  /** Each level is a template of twice the level before: 2^levels words. */
  const bomb = (levels: number): string => {
    let name = '_Z1f1AIiiE';
    for (let i = 0; i < levels; i++) {
      const part = i === 0 ? 'S0_' : `S${i.toString(36).toUpperCase()}_`;
      name += `S_I${part}${part}E`;
    }
    return name;
  };

  it('stay as they are', () => {
    expect(demangle(bomb(5))).toMatch(/^f\(A<int, int>, /);
    for (const levels of [20, 40, 200]) expect(demangle(bomb(levels))).toBe(bomb(levels));
  });

  it('deep nesting ends', () => {
    for (const name of [`_Z${'N'.repeat(4000)}`, `_Z1f${'P'.repeat(4000)}i`, `_R${'NvC'.repeat(1000)}`]) {
      expect(demangle(name).length).toBeLessThan(100_000);
    }
  });
});

describe('Rust', () => {
  it.each([
    ['_ZN4core3fmt9Formatter3pad17h0123456789abcdefE', 'core::fmt::Formatter::pad'],
    ['_ZN4core3fmt9Formatter3pad17h0123456789abcdefE.llvm.1234ABCD', 'core::fmt::Formatter::pad'],
    [
      '_ZN60_$LT$t..shapes..Sq$LT$f64$GT$$u20$as$u20$t..shapes..Area$GT$4area17hf8acd572f28238daE',
      '<t::shapes::Sq<f64> as t::shapes::Area>::area',
    ],
    ['_RNvCs1234_7mycrate3foo', 'mycrate::foo'],
    [
      '_RNvXNtCsjMaewn57Afh_1t6shapesINtB2_2SqdENtB2_4Area4area',
      '<t::shapes::Sq<f64> as t::shapes::Area>::area',
    ],
  ])('%s', (symbol, expected) => expect(demangle(symbol)).toBe(expected));
});

describe('WebAssembly alone (no libstdc++)', () => {
  it('demangles C++ as well', () => {
    expect(demangleWasm('_ZN3foo3barEi')).toBe('foo::bar(int)');
  });
});
