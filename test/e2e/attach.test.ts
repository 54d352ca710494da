/** -p: a living process is traced, let go, and is as it was before: running, and its code byte for byte the file's. */
import { expect, it } from 'vitest';
import { describePrivileged, fixture, type Running, start, temporaryFolder, utracePath } from './run.js';
import { callsIn } from './summary.js';
import { textIsTheFile } from './text.js';

describePrivileged('attach', () => {
  const folder = temporaryFolder();

  it('counts what happens between attach and Ctrl-C, nothing else; the process lives on unharmed', async () => {
    const server = await startServer();
    server.say('work 7');
    await server.seen('done 7');
    const before = textIsTheFile(server.pid, fixture('server'));
    const trace = `${folder}/attach.data`;
    const recorder = await attach(server.pid, trace);
    server.say('work 100');
    await server.seen('done 100');
    server.say('threads 50');
    await server.seen('done 50');
    process.kill(recorder.pid, 'SIGINT');
    const outcome = await recorder.ended;
    expect(outcome.stderr).not.toMatch(/error/i);
    expect(outcome.status).toBe(0);
    server.say('work 9');
    await server.seen('done 9');
    expect([before, textIsTheFile(server.pid, fixture('server'))]).toEqual([true, true]);
    server.say('quit');
    expect((await server.ended).status).toBe(0);
    const calls = await callsIn(trace);
    expect(calls.get('handle')).toBe(200);
    expect(calls.get('parse')).toBe(200);
    expect(calls.get('answer')).toBe(400);
  });

  it('the recorder killed with SIGKILL: the process lives on, the trace is readable', async () => {
    const server = await startServer();
    const trace = `${folder}/killed.data`;
    const recorder = await attach(server.pid, trace);
    server.say('work 100');
    await server.seen('done 100');
    await new Promise((resolve) => setTimeout(resolve, 2500)); // committed at least once a second
    process.kill(recorder.pid, 'SIGKILL');
    await recorder.ended;
    expect((await callsIn(trace)).get('handle')).toBe(100);
    server.say('work 3');
    await server.seen('done 3');
    expect(textIsTheFile(server.pid, fixture('server'))).toBe(true);
    server.say('quit');
    expect((await server.ended).status).toBe(0);
  });

  it('a launched target survives the SIGKILL of its recorder', async () => {
    const trace = `${folder}/launched.data`;
    const recorder = start([utracePath, '--record', '-o', trace, '--', fixture('server')]);
    await recorder.seen('ready');
    recorder.say('work 60');
    await recorder.seen('done 60');
    await new Promise((resolve) => setTimeout(resolve, 2500));
    process.kill(recorder.pid, 'SIGKILL');
    recorder.say('work 4');
    await recorder.seen('done 4');
    recorder.say('quit');
    await recorder.ended;
    expect((await callsIn(trace)).get('handle')).toBe(60);
  });

  it('the process ends while traced: the trace is finished, status 0', async () => {
    const server = await startServer();
    const trace = `${folder}/ended.data`;
    const recorder = await attach(server.pid, trace);
    server.say('work 11');
    await server.seen('done 11');
    server.say('quit');
    await server.ended;
    const outcome = await recorder.ended;
    expect([outcome.status, outcome.stderr]).toEqual([0, expect.stringContaining('calls')]);
    expect((await callsIn(trace)).get('handle')).toBe(11);
  });

  it('live', async () => {
    const server = await startServer();
    const recorder = await attach(server.pid);
    server.say('work 2');
    await server.seen('done 2');
    server.say('quit');
    const { stderr } = await recorder.ended;
    expect(stderr.match(/handle\(\)/g)?.length).toBeGreaterThanOrEqual(2);
  });
});

async function startServer(): Promise<Running> {
  const server = start([fixture('server')]);
  await server.seen('ready');
  return server;
}

/** Started, and recording: utrace says so, and some byte of the process's code differs from its file. */
async function attach(pid: number, trace?: string): Promise<Running> {
  const output = trace === undefined ? [] : ['--record', '-o', trace];
  const recorder = start([utracePath, ...output, '-p', `${pid}`]);
  await recorder.seen(`tracing process ${pid}`);
  if (textIsTheFile(pid, fixture('server'))) throw new Error('no probe was placed');
  return recorder;
}
