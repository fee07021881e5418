/** Calls that take long end where somebody says so: by a signal, or by a budget of time. */
import { checkPositive } from "../../runtime/base/options.js";
import { throwIfAborted } from "./compile-options.js";

/** What ends a call before it is done. */
export interface EndingOptions {
  /** Looked at between the parts of the work, where other work of the process has its turn: timers and events can abort it. */
  readonly signal?: AbortSignal;
  /** A budget: seconds by the clock, looked at where `signal` is. No limit where left out. */
  readonly maxSeconds?: number;
}

/** The names of these options. */
export const endingOptions = ["signal", "maxSeconds"] as const;

/** A call took longer than its `maxSeconds`. */
export class BudgetError extends Error {
  override readonly name = "BudgetError";
  readonly maxSeconds: number;

  constructor(where: string, maxSeconds: number) {
    super(`${where}: not done after ${maxSeconds} seconds, which maxSeconds allows`);
    this.maxSeconds = maxSeconds;
  }
}

/**
 * Between two parts of the work.
 *
 * @throws what the signal was aborted with; BudgetError
 */
export type Turn = () => Promise<void>;

const now = (): number => performance.now();

/**
 * @param pause Milliseconds of work between two turns of others, where parts are so short that one after each would cost more than they do.
 * @throws TypeError where `signal` is none, RangeError where `maxSeconds` is no positive number, and what the signal was aborted with.
 */
export function createTurns(where: string, options: EndingOptions, pause = 0, clock = now): Turn {
  const { signal, maxSeconds } = options;
  throwIfAborted(signal);
  if (maxSeconds !== undefined) checkPositive(`${where}: maxSeconds`, maxSeconds);
  if (signal === undefined && maxSeconds === undefined) return () => Promise.resolve();
  const begin = clock();
  let last = -Infinity;
  return async () => {
    if (signal !== undefined && clock() - last >= pause) {
      // Only timers and the like can abort it: awaiting a settled promise lets none through.
      await new Promise((resolve) => setTimeout(resolve, 0));
      last = clock();
    }
    signal?.throwIfAborted();
    if (maxSeconds !== undefined && clock() - begin > 1000 * maxSeconds) throw new BudgetError(where, maxSeconds);
  };
}
