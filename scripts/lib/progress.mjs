/** Numbered progress lines: `[2/5] npm packages ... up to date`. */
export class Progress {
  #total;
  #done = 0;

  constructor(total) {
    this.#total = total;
  }

  /** Runs one step. What `work` returns stands at the end of the line; a work that says nothing shows its time. */
  async step(title, work) {
    this.#done += 1;
    process.stderr.write(`[${this.#done}/${this.#total}] ${title} ... `);
    const start = performance.now();
    try {
      const said = await work();
      process.stderr.write(`${said ?? `done in ${((performance.now() - start) / 1000).toFixed(1)} s`}\n`);
    } catch (error) {
      process.stderr.write('failed\n');
      throw error;
    }
  }
}

export const UP_TO_DATE = 'up to date';
