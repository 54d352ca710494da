/**
 * The names by which a pattern may mean a library: `libc.so.6` is also `libc.so` and `libc`;
 * `libpthread-2.31.so` is also `libpthread-2.31` and `libpthread`.
 */
export function libraryNames(fileName: string): string[] {
  const names = [fileName];
  let rest = fileName;
  while (VERSION.test(rest)) {
    rest = rest.replace(VERSION, '');
    names.push(rest);
  }
  if (rest.endsWith('.so')) {
    rest = rest.slice(0, -'.so'.length);
    names.push(rest);
    const release = rest.replace(RELEASE, '');
    if (release !== rest && release !== '') names.push(release);
  }
  return names;
}

/** The last number of `libx.so.6.0.30`. */
const VERSION = /(?<=\.so[0-9.]*)\.[0-9]+$/;
/** `-2.31` of `libpthread-2.31`. */
const RELEASE = /-[0-9][0-9.]*$/;
