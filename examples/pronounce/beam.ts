/** The likeliest way to go on and on, looked for along several ways at once. */

interface Way {
  readonly said: readonly number[];
  /** Which of those before it was the way that it goes on with. */
  readonly from: number;
  readonly logp: number;
  readonly over: boolean;
}

/**
 * Beam search: of all ways to go on, so many of the likeliest are kept, until the likeliest of these is over.
 *
 * @param next The logarithms of the probabilities of what comes after each way, by what it has said last and which of the ways before it goes on
 *   with; 0 is its end.
 */
export function beamSearch(
  next: (last: readonly number[], from: readonly number[]) => readonly (readonly number[])[],
  width: number,
  most: number,
): readonly number[] {
  let ways: Way[] = [{ said: [], from: 0, logp: 0, over: false }];
  for (let n = 0; n < most && !ways[0]!.over; n++) {
    const open = ways.filter(({ over }) => !over);
    const logp = next(open.map(({ said }) => said.at(-1) ?? 0), open.map(({ from }) => from)); // prettier-ignore
    const longer = open.flatMap((way, b) =>
      logp[b]!.map((p, k) => ({
        said: k === 0 ? way.said : [...way.said, k],
        from: b,
        logp: way.logp + p,
        over: k === 0,
      })),
    );
    ways = [...ways.filter(({ over }) => over), ...longer].sort((a, b) => b.logp - a.logp).slice(0, width);
  }
  return ways[0]!.said;
}
