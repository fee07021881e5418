/** Progress on the terminal: one line that renews itself, or, where the output is a file, a line now and then. */
export interface Progress {
  update(done: number, total: number, note: string): void;
  finish(note: string): void;
}

export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export function createProgress(label: string, terminal: Terminal): Progress {
  const live = terminal.isTTY === true;
  let shown = 0;
  return {
    update(done, total, note) {
      if (live) {
        // Ten times a second is plenty for eyes.
        const now = performance.now();
        if (now - shown < 100 && done < total) return;
        shown = now;
        const filled = Math.round((24 * done) / total);
        terminal.write(`\r\x1b[2K  ${label} ${"█".repeat(filled)}${"░".repeat(24 - filled)} ${done}/${total}  ${note}`);
      } else if (done % Math.max(1, Math.floor(total / 5)) === 0) {
        terminal.write(`  ${label} ${done}/${total}  ${note}\n`);
      }
    },
    finish(note) {
      terminal.write(`${live ? "\r\x1b[2K" : ""}  ${note}\n`);
    },
  };
}
