/** The trace is a SQLite file that any reader opens: here better-sqlite3 and SQL, nothing of ours. */
import Database from 'better-sqlite3';
import { beforeAll, expect, it } from 'vitest';
import { describePrivileged, fixture, record, start, temporaryFolder, utracePath } from './run.js';
import { callsIn } from './summary.js';

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
});
