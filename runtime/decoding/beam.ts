/** The likeliest things to say as a whole, looked for along several ways at once. */
import { checkCount, checkOption, checkOptionNames } from "../base/options.js";
import type { FloatArray } from "../module/compiled-module.js";
import { beginDecoding, checkDecoding, type DecodedStream, decodingNames, type DecodingOptions, type NextScores, repeated } from "./decoded-stream.js"; // prettier-ignore
import { likeliest, logProbabilities } from "./log-probabilities.js";
import { exponentialOf, logarithmOf } from "./plain-logarithms.js";

export interface BeamOptions extends DecodingOptions {
  readonly end: number;
  /** Ways that are followed side by side: the stream has so many examples. */
  readonly width: number;
  /** How many are given, the best first; 1 by default. */
  readonly best?: number;
  /** 0, the default, compares logarithms of probabilities, which favours what is short; up to about 1, longer ones are favoured. */
  readonly lengthPenalty?: number;
}

/** What was found: without its end. */
export interface Beam {
  readonly tokens: Int32Array;
  /** By which they are compared: the logarithm of its probability, over the penalty of its length. */
  readonly score: number;
  readonly logProbability: number;
  /** Whether it has come to its end, or is as long as any may be. */
  readonly isEnded: boolean;
}

interface Way {
  readonly tokens: readonly number[];
  /** Which example of the stream it goes on with. */
  readonly from: number;
  readonly logp: number;
  readonly score: number;
  readonly isEnded: boolean;
}

const known = [...decodingNames, "width", "best", "lengthPenalty"];

/**
 * Beam search for one example. Of all ways to go on, the `width` best are kept, those that have ended among them, until the `best` of these
 * have ended and none of the others can come to more. Of equal ways the one comes first that was first before, or that goes on with the
 * smaller number. Logarithms of probabilities are added up in double precision.
 *
 * The penalty of a length n, with the end, is ((5 + n) / 6)^lengthPenalty (Y. Wu et al., "Google's Neural Machine Translation System", 2016).
 *
 * @param options `given` is of one example; the instance must have room for `width`.
 * @throws TypeError or RangeError for wrong options, and where a score is not finite.
 * @example
 *     const { memory, start } = translator.entries.encode.forward({ source, batch: 1 });
 *     const [first] = beam(translator.entries.next, { output: "scores", feed: "previous", given: { memory, start }, start: 0, end: 0, max: 80, width: 5 });
 */
export function beam(stream: DecodedStream, options: BeamOptions): Beam[] {
  checkOptionNames("beam", options, known);
  checkDecoding("beam", stream, options);
  const { width, best = 1, lengthPenalty = 0, max, end } = options;
  checkCount("beam: width", width);
  checkCount("beam: best", best);
  checkOption("beam: lengthPenalty", lengthPenalty, 0);
  if (end === undefined) throw new TypeError("beam: end is missing: the number that ends what is said");
  if (best > width) throw new RangeError(`beam: best must be at most width, ${width}, got ${best}`);
  const penalty = (length: number): number =>
    lengthPenalty === 0 ? 1 : 1 / exponentialOf(-lengthPenalty * logarithmOf((5 + length) / 6));
  const given = repeated(options.given ?? {}, width);
  const { next, last } = beginDecoding("beam", stream, options, given, width);
  let ways: readonly Way[] = [{ tokens: [], from: 0, logp: 0, score: 0, isEnded: false }];
  for (let length = 1; length <= max && !isDecided(ways, best, penalty(max)); length++) {
    if (length > 1) select(stream, rowsOf(ways, width));
    ways = goOn(ways, next, { width, end, last, penalty: penalty(length) });
  }
  return ways.slice(0, best).map(({ tokens, score, logp, isEnded }) => ({
    ...{ tokens: Int32Array.from(tokens), score, logProbability: logp, isEnded },
  }));
}

/** Ways that have ended need no example; there are as many as ever. */
const rowsOf = (ways: readonly Way[], width: number): Int32Array => {
  const open = ways.filter(({ isEnded }) => !isEnded);
  return Int32Array.from({ length: width }, (_, i) => open[i]?.from ?? 0);
};

/** Nothing is above 0, so that a way comes to most where it adds nothing and is as long as any. */
function isDecided(ways: readonly Way[], best: number, mostPenalty: number): boolean {
  if (ways.length < best || ways.slice(0, best).some(({ isEnded }) => !isEnded)) return false;
  const least = ways[best - 1]!.score;
  return ways.every(({ isEnded, logp }) => isEnded || logp / mostPenalty <= least);
}

interface Going {
  readonly width: number;
  readonly end: number;
  /** What is fed before anything is said. */
  readonly last: number;
  readonly penalty: number;
}

function goOn(ways: readonly Way[], next: NextScores, { width, end, last, penalty }: Going): Way[] {
  const open = ways.filter(({ isEnded }) => !isEnded);
  const tokens = Int32Array.from({ length: width }, (_, i) => open[i]?.tokens.at(-1) ?? last);
  const scores = next(tokens);
  const count = scores.length / width;
  let row = 0;
  const all = ways.flatMap((way): Way[] => {
    if (way.isEnded) return [way];
    const logp = logProbabilities("beam", scores, row * count, count);
    const from = row++;
    return likeliest(logp, width).map((k) => {
      const sum = way.logp + logp[k]!;
      const isEnded = k === end;
      return { tokens: isEnded ? way.tokens : [...way.tokens, k], from, logp: sum, score: sum / penalty, isEnded };
    });
  });
  // Sorting is stable: of equal ones the first stays the first.
  return all.sort((a, b) => b.score - a.score).slice(0, width);
}

/** Cells have no `select`, but their states can be put back in another order. */
function select(stream: DecodedStream, rows: Int32Array): void {
  if (stream.select !== undefined) {
    stream.select(rows);
    return;
  }
  const snapshot = stream.snapshot() as { readonly states: Readonly<Record<string, FloatArray>> };
  const states = Object.fromEntries(
    Object.entries(snapshot.states).map(([name, data]) => {
      const width = data.length / rows.length;
      const moved = data.slice();
      rows.forEach((from, b) => moved.set(data.subarray(from * width, (from + 1) * width), b * width));
      return [name, moved];
    }),
  );
  stream.restore({ ...snapshot, states } as never);
}
