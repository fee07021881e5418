/** Ctrl-C during a long command that ends well: the first asks it to stop, the second ends the process. */
import process from "node:process";
import { setImmediate } from "node:timers/promises";

export interface Interrupts {
  /** Aborted by the first interrupt. */
  readonly signal: AbortSignal;
  /** Lets the process hear of an interrupt, now and then: whoever computes without a pause never would. */
  listen(): Promise<void>;
  /** Interrupts do again what they do otherwise, and one that was held until now does it at once. */
  release(): void;
}

/** Milliseconds between two pauses. */
const period = 50;

/** @param told Called at the first interrupt. */
export function holdInterrupts(told: () => void): Interrupts {
  const controller = new AbortController();
  const interrupted = (): void => {
    told();
    controller.abort();
  };
  process.once("SIGINT", interrupted);
  let last = Date.now();
  return {
    signal: controller.signal,
    async listen() {
      if (Date.now() - last < period) return;
      // Signals are told before every second of two immediates.
      await setImmediate();
      await setImmediate();
      last = Date.now();
    },
    release() {
      process.off("SIGINT", interrupted);
      if (controller.signal.aborted) process.kill(process.pid, "SIGINT");
    },
  };
}
