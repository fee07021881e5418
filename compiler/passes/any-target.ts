/** What every machine is taken to be before targets part: sums have one order for all of them, and so what is a loop is one for all. */
export interface AnyTarget {
  /**
   * How many operations the rounds of an equation may be, all of them together, that are written out: in registers they take less time
   * than in a loop, but each is as much code and work for the compiler. Gradients by what all rounds read are added up in another order
   * in a loop.
   */
  readonly mostWrittenOut: number;
  /**
   * Elements of a window that are written out, each a term of one formula: more are a loop. `window-delays` makes windows of at most as
   * many for any reader, as their gradient is this sum.
   */
  readonly mostElements: number;
}

export const anyTarget: AnyTarget = { mostWrittenOut: 256, mostElements: 16 };
