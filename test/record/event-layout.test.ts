/** The C header and the TypeScript decoder agree: a compiled C program writes records, the decoder reads them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  COOKIE_NO_RETURN,
  decodeTask,
  EVENT_BYTES,
  eventTid,
  eventTime,
  LOSS_CAUSES,
  PROBE_ID_MASK,
  RETURN_BIT,
  TASK_BYTES,
  TaskKind,
} from '../../src/record/event.js';

const PROGRAM = `
#include <linux/types.h>
#include <stdio.h>
#include <string.h>
#include "event.h"
int main(void)
{
	struct utrace_task_record task = { .time = 0x123456789abcull, .kind = UTRACE_TASK_EXIT,
		.tid = 4194303, .tgid = 77, .other = 55 };
	memcpy(task.comm, "fifteen letters", 16);
	__u64 time = 0xfedcba987654ull;
	__u32 tid = 4194303 - 5;
	/* As emit() in utrace.bpf.c packs them. */
	struct utrace_event event = { .word = {
		time, ((time >> 32) & 0xffff) | tid << 16,
		(0xabcdef & UTRACE_PROBE_ID_MASK) | UTRACE_EVENT_RETURN | (tid >> 16) << 26,
		0x7ffdeadbeef8ull >> 3 } };
	fprintf(stderr, "%zu %zu %d %d %d %d %u %u %llu", sizeof(event), sizeof(task), UTRACE_TASK_FORK,
		UTRACE_TASK_EXEC, UTRACE_TASK_EXIT, UTRACE_COUNTERS, UTRACE_EVENT_RETURN, UTRACE_PROBE_ID_MASK,
		UTRACE_COOKIE_NO_RETURN);
	fwrite(&event, sizeof(event), 1, stdout);
	fwrite(&task, sizeof(task), 1, stdout);
	return 0;
}
`;

describe('ring records', () => {
  let directory: string;
  let words: Uint32Array;
  let constants: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'utrace-layout-'));
    const source = join(directory, 'layout.c');
    const program = join(directory, 'layout');
    writeFileSync(source, PROGRAM);
    execFileSync('gcc', ['-Wall', '-I', resolve('bpf'), '-o', program, source]);
    const bytes = execFileSync('sh', ['-c', `${program} 2>${program}.constants`]);
    words = new Uint32Array(new Uint8Array(bytes).buffer);
    constants = execFileSync('cat', [`${program}.constants`], { encoding: 'utf8' });
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  it('has the sizes and constants of the C header', () => {
    expect(constants.split(' ').map(Number)).toEqual([
      EVENT_BYTES,
      TASK_BYTES,
      TaskKind.Fork,
      TaskKind.Exec,
      TaskKind.Exit,
      LOSS_CAUSES.length,
      RETURN_BIT,
      PROBE_ID_MASK,
      Number(COOKIE_NO_RETURN),
    ]);
  });

  it('decodes an event with the largest fields', () => {
    const [word0, word1, word2, word3] = words as unknown as [number, number, number, number];
    expect(eventTime(word0, word1)).toBe(0xfedcba987654);
    expect(eventTid(word1, word2)).toBe(4194303 - 5);
    expect(word2 & PROBE_ID_MASK).toBe(0xabcdef);
    expect(word2 & RETURN_BIT).not.toBe(0);
    expect(word3).toBe(Number((0x7ffdeadbeef8n >> 3n) & 0xffffffffn));
  });

  it('decodes a task record', () => {
    expect(decodeTask(words, EVENT_BYTES / 4)).toEqual({
      time: 0x123456789abc,
      kind: TaskKind.Exit,
      tid: 4194303,
      tgid: 77,
      other: 55,
      comm: 'fifteen letters',
    });
  });
});
