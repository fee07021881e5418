/** Beam search beside all that can be said, where that is little. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { cell } from "../../../compiler/driver/in-process.js";
import { beam, type Beam, type DecodedStream, generate } from "../../../runtime/index.js";

type ScoresOf = (said: readonly number[]) => readonly number[];

/** A stream whose examples have what they were fed as their state. */
function told(scoresOf: ScoresOf): DecodedStream {
  let fed: number[][] = [];
  return {
    reset: ({ batch }: { readonly batch: number }) => void (fed = Array.from({ length: batch }, () => [])),
    step({ previous }: { readonly previous: ArrayLike<number> }) {
      fed = fed.map((row, b) => [...row, previous[b]!]);
      return { scores: Float64Array.from(fed.flatMap((row) => scoresOf(row.slice(1)))) };
    },
    select: (rows: ArrayLike<number>) => void (fed = Array.from(rows, (b) => fed[b]!)),
  } as unknown as DecodedStream;
}

/** Everything that can be said, the best first. */
function all(scoresOf: ScoresOf, max: number, lengthPenalty: number): { tokens: number[]; score: number }[] {
  const found: { tokens: number[]; score: number }[] = [];
  const visit = (tokens: readonly number[], sum: number): void => {
    const scores = scoresOf(tokens);
    const whole = Math.log(scores.reduce((total, score) => total + Math.exp(score), 0));
    const penalty = ((6 + tokens.length) / 6) ** lengthPenalty;
    scores.forEach((score, k) => {
      const logp = sum + score - whole;
      if (k === 0 || tokens.length + 1 === max) {
        found.push({ tokens: k === 0 ? [...tokens] : [...tokens, k], score: logp / penalty });
      } else visit([...tokens, k], logp);
    });
  };
  visit([], 0);
  return found.sort((a, b) => b.score - a.score);
}

const options = { output: "scores", feed: "previous", start: 0, end: 0 };

it("finds the best of all, where it may follow all of them", () => {
  const property = fc.property(
    fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 40, maxLength: 40 }),
    fc.constantFrom(0, 0.6, 1.2),
    fc.integer({ min: 1, max: 4 }),
    (numbers, lengthPenalty, best) => {
      const scoresOf: ScoresOf = (said) => {
        const place = said.reduce((sum, k) => sum * 3 + k, said.length * 5);
        return [0, 1, 2].map((k) => numbers[(place * 3 + k) % 40]!);
      };
      const found = beam(told(scoresOf), { ...options, max: 3, width: 27, best, lengthPenalty });
      const expected = all(scoresOf, 3, lengthPenalty).slice(0, best);
      expect(found.map(({ score }) => score.toFixed(9))).toEqual(expected.map(({ score }) => score.toFixed(9)));
    },
  );
  fc.assert(property, { numRuns: 40, seed: 1 });
});

it("follows several ways where the likelier first step leads to worse ends", () => {
  const scoresOf: ScoresOf = (said) =>
    [[0, 0.6, 0.4], [0.5, 0.25, 0.25], [0.9, 0.1, 0]][said.at(-1) ?? 0]!.map(Math.log); // prettier-ignore
  const tokens = (found: readonly Beam[]): string[] => found.map((way) => `${way.tokens.join()} ${way.logProbability.toFixed(3)}`); // prettier-ignore
  expect(tokens(beam(told(scoresOf), { ...options, max: 9, width: 1 }))).toEqual(["1 -1.204"]);
  expect(tokens(beam(told(scoresOf), { ...options, max: 9, width: 2 }))).toEqual(["2 -1.022"]);
  expect(tokens(beam(told(scoresOf), { ...options, max: 9, width: 3, best: 2 }))).toEqual(["2 -1.022", "1 -1.204"]);
  expect(beam(told(scoresOf), { ...options, max: 1, width: 2 })[0]!.isEnded).toBe(false);
});

it("takes cells, whose states it puts in order, and is greedy with one way", async () => {
  const module = await cell(
    `import { GRU } from "std/gru"
    cell Says(V, H) {
      input previous: index(V)
      param table: [V, H] ~ normal(1)
      param read: [V, H] ~ normal(1)
      use rnn = GRU(H, H)
      output scores = read @ rnn(table[previous])
    }`,
    { cell: "Says", dimensions: { V: 5, H: 4 } },
  );
  const instance = module.instantiate({ batch: 3 });
  instance.init(1);
  const one = module.instantiate({ batch: 1 });
  one.setParams(instance.params);
  const { tokens, logProbability } = beam(instance, { ...options, max: 5, width: 3 })[0]!;
  // What it comes to, said alone.
  one.reset();
  let sum = 0;
  for (const [i, k] of [...tokens, 0].slice(0, 5).entries()) {
    const scores = one.step({ previous: [i === 0 ? 0 : tokens[i - 1]!] })["scores"]!;
    sum += scores[k]! - Math.log(scores.reduce((total, score) => total + Math.exp(score), 0));
  }
  expect(sum).toBeCloseTo(logProbability, 4);
  const [greedy] = generate(one, { ...options, max: 5 });
  expect(beam(one, { ...options, max: 5, width: 1 })[0]!.tokens).toEqual(greedy);
});

it("refuses what is wrong", () => {
  const stream = told(() => [1, 2]);
  const wrong: readonly (readonly [object, string])[] = [
    [{ width: 0 }, "beam: width must be a positive integer, got 0"],
    [{ best: 3 }, "beam: best must be at most width, 2, got 3"],
    [{ end: undefined }, "beam: end is missing: the number that ends what is said"],
    [{ lengthPenalty: -1 }, "beam: lengthPenalty must be a finite number of at least 0, got -1"],
    [{ temperature: 1 }, "beam: unknown option temperature"],
  ];
  for (const [given, message] of wrong) {
    expect(() => beam(stream, { ...options, max: 2, width: 2, ...given } as never)).toThrow(message);
  }
});
