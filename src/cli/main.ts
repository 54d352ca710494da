/**
 * Where node starts. Nothing but the check of its version is here, so that an old node says what is wrong instead
 * of failing on syntax; everything else is imported after it.
 */
const OLDEST_NODE = 20;

const major = Number.parseInt(process.versions.node, 10);
if (major < OLDEST_NODE) {
  console.error(
    `utrace: needs Node ${OLDEST_NODE} or newer; this is ${process.version} (${process.execPath})`,
  );
  console.error('  name another node with UTRACE_NODE=/path/to/node');
  process.exitCode = 125;
} else {
  const { run } = await import('./run.js');
  await run(process.argv.slice(2));
}

export {};
