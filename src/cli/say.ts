/** Talk goes to stderr, a line at a time, each marked as ours: the target may use the same terminal. */
export function say(text: string): void {
  const lines = text.trimEnd().split('\n');
  process.stderr.write(lines.map((line) => `utrace: ${line}\n`).join(''));
}
