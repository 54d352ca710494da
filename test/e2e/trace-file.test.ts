/** The trace is a SQLite file that any reader opens: here better-sqlite3 and SQL, nothing of ours. */
import Database from 'better-sqlite3';
import { beforeAll, expect, it } from 'vitest';
import { describePrivileged, fixture, record, start, temporaryFolder, utracePath } from './run.js';
import { callsIn, summaryOf } from './summary.js';

describePrivileged('trace file', () => {
  const folder = temporaryFolder();
  let trace = '';

  beforeAll(async () => {
    trace = (await record(folder, [fixture('sort'), '-n', '200'])).trace;
  });

  it('is a whole SQLite database with a version', () => {
    const db = new Database(trace, { readonly: true });
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(db.pragma('user_version', { simple: true })).toBeGreaterThan(0);
    db.close();
  });

  it('is documented table by table', async () => {
    const { readFileSync } = await import('node:fs');
    const text = readFileSync(new URL('../../docs/trace-format.md', import.meta.url), 'utf8');
    const db = new Database(trace, { readonly: true });
    const tables = db
      .prepare("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'")
      .pluck()
      .all() as string[];
    expect(tables.length).toBeGreaterThan(5);
    for (const table of tables) {
      expect([table, text.includes(table)]).toEqual([table, true]);
      const columns = db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table) as string[];
      for (const column of columns)
        expect([table, column, text.includes(column)]).toEqual([table, column, true]);
    }
    db.close();
  });

  it('is committed at least once a second: readable while the recorder runs', async () => {
    const file = `${folder}/running.data`;
    const recorder = start([utracePath, '--record', '-o', file, '--', fixture('server')]);
    await recorder.seen('ready');
    recorder.say('work 50');
    await recorder.seen('done 50');
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect((await callsIn(file)).get('handle')).toBe(50);
    recorder.say('quit');
    expect((await recorder.ended).status).toBe(0);
    expect((await callsIn(file)).get('handle')).toBe(50);
  });

  it('1 M calls: none lost', async () => {
    const { trace: large } = await record(
      folder,
      [fixture('threads'), '4', '80000'],
      ['-f', 'work,step,main'],
    );
    const calls = await callsIn(large);
    expect(calls.get('work')).toBe(320_000);
    expect(calls.get('step')).toBe(640_000);
  });

  it('a small buffer: --on-full=block loses nothing, drop counts what it loses', async () => {
    const command = [fixture('threads'), '4', '30000'];
    const options = ['-f', 'work,step', '--buffer', '64K'];
    const whole = await record(folder, command, [...options, '--on-full=block']);
    expect((await callsIn(whole.trace)).get('step')).toBe(240_000);
    const lossy = await record(folder, command, [...options, '--on-full=drop']);
    const { head, byName } = await summaryOf(lossy.trace);
    const lost = Number(/(\d+) lost/.exec(head)?.[1]);
    const missing = 360_000 - (byName.get('step')?.calls ?? 0) - (byName.get('work')?.calls ?? 0);
    // Lost returns count as well.
    expect(lost).toBeGreaterThanOrEqual(missing);
    expect(lossy.stdout).toBe(whole.stdout);
  });
});
