/** The kernel's list of uprobe events, read through a tracefs of our own mount namespace: nothing of src/ is used. */
import { run } from '../e2e/run.js';

export async function uprobeEvents(): Promise<string> {
  const script = 'mount -t tracefs tracefs /mnt && cat /mnt/uprobe_events';
  const { status, stdout, stderr } = await run(['unshare', '-m', 'sh', '-c', script]);
  if (status !== 0) throw new Error(`no tracefs: ${stderr}`);
  return stdout;
}
