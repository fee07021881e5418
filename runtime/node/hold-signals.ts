/** Signals that end a process wait until files are written. */
import process from "node:process";
import { setImmediate } from "node:timers";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

let held = 0;

/**
 * Runs `action`, which does not wait for anything. While a signal has a listener, it does not end the process but is told in the next
 * turn of the event loop, and `action` is one turn: it is done, whole or undone, when the signal takes effect.
 */
export function withSignalsHeld<Result>(action: () => Result): Result {
  if (held++ === 0) for (const signal of signals) process.prependListener(signal, endBy);
  try {
    return action();
  } finally {
    // Signals are told where the loop looks for input, which is before every second of two immediates.
    setImmediate(() => setImmediate(release));
  }
}

function release(): void {
  if (--held === 0) for (const signal of signals) process.removeListener(signal, endBy);
}

/** What the signal would have done; nothing where the program has a listener of its own, which is told, too. */
function endBy(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  process.removeListener(signal, endBy);
  process.kill(process.pid, signal);
}
