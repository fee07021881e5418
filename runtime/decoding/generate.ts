/** One thing after the other, the likeliest or by chance. */
import { checkCount, checkOption, checkOptionNames, checkPositive, describe } from "../base/options.js";
import { randomStream } from "../base/random.js";
import { beginDecoding, checkDecoding, type DecodedStream, decodingNames, type DecodingOptions } from "./decoded-stream.js"; // prettier-ignore
import { likeliest, logProbabilities } from "./log-probabilities.js";
import { exponentialOf } from "./plain-logarithms.js";

export interface GenerateOptions extends DecodingOptions {
  /** Examples that go on side by side, 1 by default; `given` has as many. */
  readonly batch?: number;
  /** By what scores are divided before one is drawn. Where left out, nothing is drawn: the one with the highest score is taken, of equal ones the first. */
  readonly temperature?: number;
  /** Draws only among so many of the likeliest. */
  readonly topK?: number;
  /** Draws only among the likeliest that together have at least this probability. */
  readonly topP?: number;
  /** Tells what is drawn, with the number of the example and the place: needed where something is. */
  readonly seed?: number;
  /** The numbers that examples draw by, 0, 1, … where left out. */
  readonly examples?: ArrayLike<number>;
}

const known = [...decodingNames, "batch", "temperature", "topK", "topP", "seed", "examples"];

/**
 * What a stream says, step by step: each number is chosen by the scores that the one before it led to, until all examples have ended. The
 * likeliest where there is no `temperature`; else drawn, by the seed, the example and the place alone, whatever is beside it in the batch.
 *
 * @returns For each example its numbers, without the end.
 * @throws TypeError or RangeError for wrong options, and where a score is not finite.
 * @example
 *     const [said] = generate(instance.entries.next, { output: "scores", feed: "previous", start: 0, end: 0, max: 80, given: { memory, start } });
 *     const [drawn] = generate(letters, { output: "logits", feed: "previous", start: 0, max: 400, temperature: 0.8, topP: 0.95, seed: 3 });
 */
export function generate(stream: DecodedStream, options: GenerateOptions): Int32Array[] {
  checkOptionNames("generate", options, known);
  checkDecoding("generate", stream, options);
  const { batch = 1, max, end } = options;
  checkCount("generate: batch", batch);
  const choose = chooserFor(options, batch);
  const { next, last } = beginDecoding("generate", stream, options, { ...options.given, batch }, batch);
  const tokens = new Int32Array(batch).fill(last);
  const said = Array.from({ length: batch }, () => [] as number[]);
  const isOver = new Array<boolean>(batch).fill(false);
  for (let place = 0; place < max && isOver.includes(false); place++) {
    const scores = next(tokens);
    const count = scores.length / batch;
    for (let b = 0; b < batch; b++) {
      if (isOver[b] === true) continue;
      tokens[b] = choose(logProbabilities("generate", scores, b * count, count), b, place);
      if (tokens[b] === end) isOver[b] = true;
      else said[b]!.push(tokens[b]!);
    }
  }
  return said.map((numbers) => Int32Array.from(numbers));
}

type ChooseToken = (logp: Float64Array, row: number, place: number) => number;

function chooserFor({ temperature, topK, topP, seed, examples }: GenerateOptions, batch: number): ChooseToken {
  if (temperature === undefined) {
    const unused = Object.entries({ topK, topP, seed, examples }).find(([, value]) => value !== undefined);
    if (unused !== undefined) {
      throw new TypeError(`generate: ${unused[0]} means nothing without a temperature: the likeliest is taken`);
    }
    return (logp) => logp.reduce((best, value, k) => (value > logp[best]! ? k : best), 0);
  }
  checkPositive("generate: temperature", temperature);
  if (topK !== undefined) checkCount("generate: topK", topK);
  if (topP !== undefined && !(checkOption("generate: topP", topP, 0, 1 + Number.EPSILON) > 0)) {
    throw new RangeError("generate: topP must be above 0, got 0");
  }
  if (!Number.isSafeInteger(seed) || seed! < 0) {
    throw new RangeError(`generate: seed must be an integer from 0 to 2^53 - 1, got ${describe(seed)}`);
  }
  if (examples !== undefined && examples.length !== batch) {
    throw new RangeError(`generate: examples must have length ${batch}, got ${examples.length}`);
  }
  return (logp, row, place) => {
    const random = randomStream(seed!, "generate", examples?.[row] ?? row, place);
    return drawFrom(logp, { temperature, topK, topP }, random.uniform());
  };
}

/** @param part From 0 to below 1: where the one to be taken lies among the probabilities of those that are left, one after the other. */
function drawFrom(
  logp: Float64Array,
  { temperature, topK = logp.length, topP = 1 }: { temperature: number; topK?: number | undefined; topP?: number | undefined }, // prettier-ignore
  part: number,
): number {
  const most = logp.reduce((best, value) => Math.max(best, value), -Infinity);
  // Who draws among all needs no order.
  const order = topK < logp.length || topP < 1 ? likeliest(logp, topK) : Array.from(logp.keys());
  const weights = order.map((k) => exponentialOf((logp[k]! - most) / temperature));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  // As many as have that probability together, and at least one.
  let [kept, sum] = [0, 0];
  while (kept < order.length && (kept === 0 || sum < topP * all)) sum += weights[kept++]!;
  let rest = part * sum;
  for (let i = 0; i < kept; i++) {
    rest -= weights[i]!;
    if (rest < 0) return order[i]!;
  }
  // Rounding may leave something; what cannot be is never taken.
  return order[0]!;
}
