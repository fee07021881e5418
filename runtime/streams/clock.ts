import { describe } from "../base/options.js";

/** The caller's time. */
export interface Clock {
  read(where: string, now: unknown): number;
  set(now: number): void;
}

export function createClock(): Clock {
  let last = 0;
  return {
    read(where, now = last) {
      if (typeof now === "number" && now >= last && now < Infinity) return now;
      throw new RangeError(`${where}: now must be a finite number of at least ${last}, which it was before; got ${describe(now)}`); // prettier-ignore
    },
    set(now) {
      last = now;
    },
  };
}
