/** The scripts of examples/ run as they are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describePrivileged, fixture, projectRoot, run, start, temporaryFolder } from './run.js';

const example = (name: string): string => join(projectRoot, 'examples', name);

describePrivileged('examples', () => {
  const folder = temporaryFolder();

  it('trace-a-program.sh', async () => {
    const { stdout, stderr, status } = await run([example('trace-a-program.sh')]);
    expect([status, stdout]).toEqual([0, 'sorted 5 ok\n']);
    expect(stderr).toMatch(/quick_sort\(\)/);
    expect(stderr).not.toMatch(/compare\(\)/);
  });

  it('find-the-slowest.sh', async () => {
    const { stdout, status } = await run([example('find-the-slowest.sh')]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/main/);
  });

  it('flame-graph.sh', async () => {
    const output = join(folder, 'sort.folded');
    expect((await run([example('flame-graph.sh'), output])).status).toBe(0);
    expect(readFileSync(output, 'utf8')).toMatch(/main;fill;random_number.* \d+\n/);
  });

  it('attach-to-a-process.sh', async () => {
    const server = start([fixture('server')]);
    await server.seen('ready');
    const attached = start([example('attach-to-a-process.sh'), `${server.pid}`, '8']);
    await new Promise((resolve) => setTimeout(resolve, 4000));
    server.say('work 5');
    const { stdout, status } = await attached.ended;
    expect(status).toBe(0);
    expect(stdout).toMatch(/\b10\b.*answer/);
    server.say('quit');
    expect((await server.ended).status).toBe(0);
  });
});
