/** Values of entries with names, in one call and step by step, against their equations. */
import { expect, it } from "vitest";
import { lowerSource } from "../../../../compiler/driver/pipeline.js";
import { compileCandidate } from "../../../../compiler/tools/gradcheck/candidates.js";
import { PartComparisons } from "../../../../compiler/tools/gradcheck/check-parts.js";
import { checkGradients } from "../../../../compiler/tools/gradcheck/check-gradients.js";
import { createRandom } from "../../../../runtime/base/random.js";

const retelling = (scores: string): string => `
cell Leaky(H) { input x: [H] state h: [H] param a: [H] h' = tanh(a * h + x) output y = h' }
network Retelling(V, H; S >= 1, T) {
  input source: [S, H]
  input target: index(V)[T]
  param table: [V, H]
  use read, say = Leaky(H)
  memory = reverse(read(reverse(source)))
  start = memory[0]
  previous = before(target, 0)
  y = say(table[previous], h = start)
  output z[t] = ${scores}
  entry encode = memory, start
  entry next = z given memory, start, previous
}`;
const right = "y[t] + softmax(memory @ y[t]) @ memory";
const sizes = { cell: "Retelling", dimensions: { V: 3, H: 2 } };

it("reports every entry beside the gradients of the whole", async () => {
  const { passed, entries } = await checkGradients(retelling(right), {
    ...sizes,
    precisions: ["f64"],
    runs: 1,
    seed: 2,
  });
  expect(passed).toBe(true);
  expect(entries.map(({ name, passed: agrees }) => [name, agrees])).toEqual([
    ["encode", true],
    ["next", true],
  ]);
  const [encode, next] = entries.map(({ compared }) => compared);
  expect([encode!.forward > 0, encode!.step, next!.forward > 0, next!.step > 0]).toEqual([true, 0, true, true]);
});

it.each([
  ["f64", right.replace("y[t] +", "1.0001 * y[t] +"), "z"],
  ["f32", right.replace("@ memory", "@ (memory + 0.01)"), "z"],
] as const)("a module of %s whose entries are those of other equations fails", async (precision, other, name) => {
  const [program, changed] = [right, other].map(
    (scores) => lowerSource(retelling(scores), sizes, "all sizes").program!,
  );
  const candidate = await compileCandidate(changed!, { precisions: [precision], target: "js" });
  const found = new PartComparisons();
  const options = { random: createRandom(4), tolerance: 1e-6, tolerance32: 1e-4 };
  found.check({ ...candidate, program: program! }, options);
  const [encode, next] = found.report();
  expect(encode).toMatchObject({ name: "encode", passed: true });
  expect(next).toMatchObject({ name: "next", passed: false });
  expect(next!.worst!.where.startsWith(name)).toBe(true);
  const same = new PartComparisons();
  same.check(candidate, { ...options, random: createRandom(4) });
  expect(same.report().every(({ passed }) => passed)).toBe(true);
});
