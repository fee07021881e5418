/** What is said one after the other: the likeliest, or drawn. */
import { expect, it } from "vitest";
import { type DecodedStream, generate, type GenerateOptions } from "../../../runtime/index.js";

/** A stream whose examples give the scores of a function of all that they were fed. */
function told(scoresOf: (fed: readonly number[]) => readonly number[], asked: unknown[] = []): DecodedStream {
  let fed: number[][] = [];
  return {
    reset(given: Readonly<Record<string, unknown>>) {
      asked.push(given);
      fed = Array.from({ length: given["batch"] as number }, () => []);
    },
    step({ previous }: { readonly previous: ArrayLike<number> }) {
      fed.forEach((row, b) => row.push(previous[b]!));
      return { scores: Float64Array.from(fed.flatMap(scoresOf)) };
    },
    snapshot: () => undefined,
    restore: () => undefined,
  } as unknown as DecodedStream;
}

const common = { output: "scores", feed: "previous", start: 0, max: 3 };

it("takes the likeliest, of equal ones the first, until its end", () => {
  const asked: unknown[] = [];
  const counting = told((fed) => [0, 1, 2, 3].map((k) => (k === (fed.at(-1)! + 1) % 4 ? 1 : 0)), asked);
  expect(generate(counting, { ...common, max: 9, end: 3, given: { memory: [1] } })).toEqual([Int32Array.of(1, 2)]);
  expect(asked).toEqual([{ memory: [1], batch: 1 }]);
  expect(generate(counting, { ...common, batch: 2, start: [0, 1, 2] })).toEqual([Int32Array.of(3, 0, 1), Int32Array.of(3, 0, 1)]); // prettier-ignore
  expect(generate(told(() => [2, 5, 5]), common)).toEqual([Int32Array.of(1, 1, 1)]); // prettier-ignore
});

it("goes on with others where one has ended", () => {
  const byExample = { ...told((fed) => fed), reset: () => undefined } as DecodedStream;
  let n = 0;
  const stream = { ...byExample, step: () => ({ scores: Float64Array.of(0, 1, 0, n++ > 0 ? 0 : 9, 1, 0) }) } as never;
  expect(generate(stream, { ...common, batch: 2, end: 0 })).toEqual([Int32Array.of(1, 1, 1), Int32Array.of()]);
});

it("draws as often as probabilities say, and only among what is left", () => {
  const scores = [0.1, 0.2, 0.3, 0.4].map(Math.log);
  const drawn = (options: Partial<GenerateOptions>): number[] => {
    const said = generate(told(() => scores), { ...common, batch: 40, max: 50, temperature: 1, seed: 1, ...options }); // prettier-ignore
    return [0, 1, 2, 3].map((k) => said.flatMap((row) => [...row]).filter((own) => own === k).length / 2000);
  };
  const close = (found: readonly number[], expected: readonly number[]): void =>
    found.forEach((share, k) => expect(Math.abs(share - expected[k]!)).toBeLessThan(expected[k] === 0 ? 1e-9 : 0.04));
  close(drawn({}), [0.1, 0.2, 0.3, 0.4]);
  close(drawn({ temperature: 0.5 }), [1, 4, 9, 16].map((part) => part / 30)); // prettier-ignore
  close(drawn({ topK: 2 }), [0, 0, 3 / 7, 4 / 7]);
  close(drawn({ topP: 0.65 }), [0, 0, 3 / 7, 4 / 7]);
  close(drawn({ topP: 0.71 }), [0, 2 / 9, 3 / 9, 4 / 9]);
  close(drawn({ topP: 1e-9 }), [0, 0, 0, 1]);
  close(drawn({ temperature: 1e-9 }), [0, 0, 0, 1]);
});

it("draws for an example the same, whatever is beside it", () => {
  const stream = told((fed) => [0, 1, 2, 3, 4].map((k) => ((k * 7 + fed.length * 3 + fed.at(-1)! * 5) % 11) / 4));
  const options = { ...common, max: 20, temperature: 2, seed: 4 };
  const three = generate(stream, { ...options, batch: 3 });
  for (const b of [0, 1, 2]) expect(generate(stream, { ...options, examples: [b] })).toEqual([three[b]]);
  expect(new Set(three.map((row) => row.join())).size).toBe(3);
  expect(generate(stream, { ...options, seed: 5, batch: 3 })).not.toEqual(three);
  // The same on every host.
  expect(three[0]!.join("")).toBe("23031304113211031433");
});

it("refuses what is wrong", () => {
  const stream = told(() => [1, 2]);
  const wrong: readonly (readonly [object, string])[] = [
    [{ outputs: "y" }, "generate: unknown option outputs"],
    [{ max: 0 }, "generate: max must be a positive integer, got 0"],
    [{ start: [] }, "generate: start must have at least one number"],
    [{ end: -1 }, "generate: end must be an integer of at least 0, got -1"],
    [{ topK: 2 }, "generate: topK means nothing without a temperature: the likeliest is taken"],
    [{ temperature: 0, seed: 1 }, "generate: temperature must be a finite number above 0, got 0"],
    [{ temperature: 1 }, "generate: seed must be an integer from 0 to 2^53 - 1, got undefined"],
    [{ temperature: 1, seed: 1, topP: 0 }, "generate: topP must be above 0, got 0"],
    [{ output: "logits" }, 'generate: there is no output "logits"; a step gives scores'],
  ];
  for (const [options, message] of wrong) {
    expect(() => generate(stream, { ...common, ...options })).toThrow(message);
  }
  expect(() => generate({} as never, common)).toThrow("generate: the first argument must be an instance, or one of its entries, got an object"); // prettier-ignore
  expect(() => generate(told(() => [1, NaN]), common)).toThrow("generate: the score of 1 is NaN"); // prettier-ignore
  expect(() => generate(told(() => [-Infinity, -Infinity]), common)).toThrow("generate: all scores are -Infinity"); // prettier-ignore
});
