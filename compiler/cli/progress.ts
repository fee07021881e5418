/** A line on standard error that says how far a long command is; nothing where that is no terminal. */
import type { Terminal } from "./terminal.js";

export interface Progress {
  show(part: string, done: number, total: number): void;
  /** Removes the line, before other output. */
  clear(): void;
}

export function createProgress(terminal: Terminal): Progress {
  if (!terminal.live) return { show: () => undefined, clear: () => undefined };
  let shown = "";
  const put = (line: string): void => {
    if (line === shown) return;
    terminal.error(`\r${line.padEnd(shown.length)}`);
    shown = line;
  };
  return {
    show: (part, done, total) => put(`${part} ${total === 0 ? 100 : Math.floor((100 * done) / total)} %`),
    clear() {
      if (shown !== "") terminal.error(`\r${" ".repeat(shown.length)}\r`);
      shown = "";
    },
  };
}
