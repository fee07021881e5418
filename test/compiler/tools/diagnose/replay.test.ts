import { expect, it } from "vitest";
import { compile, type CompileSuccess } from "../../../../compiler/index.js";
import { printReplay, replay } from "../../../../compiler/tools/diagnose/replay.js";
import { ReplayError, TrainingError } from "../../../../runtime/base/errors.js";
import { arrays, loadModule, sgd, train } from "../../../../runtime/index.js";

/** The call that training kept. */
async function keptOf(
  text: string,
  data: Readonly<Record<string, readonly (readonly number[])[]>>,
  others = {},
): Promise<Uint8Array> {
  const module = await loadModule((compile(text, { dimensions: { N: 2 }, gradient: "params", target: "js" }) as CompileSuccess).files[0].text); // prettier-ignore
  const training = train({
    module,
    data: arrays(data),
    optimizer: sgd(),
    batch: 2,
    updates: 9,
    seed: 3,
    shard: 1,
    ...others,
  });
  const error: unknown = await training.finish().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TrainingError);
  return (error as TrainingError).replay!;
}

const steps = `network Steps(N; T) {
  input x: [T, N]
  param w: [N] ~ ones
  h = before(next, 0)
  next[t] = h[t] + log(sum(w * x[t]))
  loss = sum(next) per T
}
`;

it("names the equation and the step at which values stop being finite, and the example", async () => {
  const file = await keptOf(steps, { x: [[1, 1, 1, 2, 1, 1], [1, 1, 2, 1, 3, -4, 1, 1]] }); // prettier-ignore
  const found = replay(steps, file);
  expect(found).toMatchObject({ cell: "Steps", update: 1, example: 1, dtype: "f32", of: "values", operation: "log", index: [2] }); // prettier-ignore
  expect(found.place).toMatchObject({ line: 5, text: "log(sum(w * x[t]))" });
  expect(printReplay(found)).toBe("Steps, update 1, example 1 of the data, in f32:\nvalues stop being finite at `log`, element [2]\n  5:20  log(sum(w * x[t]))\n"); // prettier-ignore
});

it("goes backwards where all values are finite", async () => {
  const text =
    "network Steep(N; T) {\n  input x: [T, N]\n  param a: [N] ~ ones\n  far = a - x\n  loss = sum(sqrt(far), axis = [0, 1]) per T\n}\n";
  const found = replay(text, await keptOf(text, { x: [[0, 0.5, 1, 0]] }));
  expect(found).toMatchObject({ of: "gradient", operation: "sqrt", place: { line: 5, text: "sqrt(far)" } });
});

it("rounds as the module does: what leaves the range of float32 is found", async () => {
  const text =
    "network Large(N; T) {\n  input x: [T, N]\n  param a: [N] ~ ones\n  y = exp(a * x)\n  loss = sum(y, axis = [0, 1]) per T\n}\n";
  expect(replay(text, await keptOf(text, { x: [[0, 100]] }))).toMatchObject({
    of: "values",
    operation: "exp",
    dtype: "f32",
  });
});

it("draws what the call drew, and takes its settings and the states that chunks hand on", async () => {
  const text = `network Draws(N; T) {
  setting k: [] = 1
  input x: [T, N]
  param w: [N] ~ ones
  c = before(count, 0)
  count[t] = c[t] + k
  output far[t] = log(5.5 - count[t] + 0 * sum(dropout(w * x[t], 0.5)))
  loss = sum(far) per T
}
`;
  const x = [Array.from({ length: 16 }, () => 1)];
  const file = await keptOf(text, { x }, { batch: 1, truncate: 4, settings: { k: 1 } });
  const found = replay(text, file);
  expect(found).toMatchObject({ update: 2, of: "values", operation: "log", index: [1] });
});

it("takes names that every object has, where a call leaves them out", async () => {
  const text = `network Names(N; T) {
  setting toString: [] = 2
  input x: [T, N]
  param w: [N] ~ ones
  h = before(valueOf, 0)
  valueOf[t] = 0.5 * h[t] + toString * log(sum(w * x[t]))
  loss = sum(valueOf) per T
}
`;
  expect(replay(text, await keptOf(text, { x: [[1, 1, 1, -2]] }))).toMatchObject({ of: "values", operation: "log", index: [1] }); // prettier-ignore
});

it.each([
  [new Uint8Array(3), /^a file has at least 8 bytes, this one 3/u],
  [new TextEncoder().encode("nothing of the kind"), /header/u],
])("refuses what is no such file", (file, message) => {
  const run = (): unknown => replay(steps, file);
  expect(run).toThrow(ReplayError);
  expect(run).toThrow(message);
});

it("refuses the call of another network", async () => {
  const file = await keptOf(steps, { x: [[1, -1]] });
  const other = steps.replaceAll("x:", "z:").replaceAll("x[", "z[");
  expect(() => replay(other, file)).toThrow(
    new ReplayError("the call is of another network: it has no z, which Steps has"),
  );
  expect(() => replay(steps.replace("w: [N]", "w: []"), file)).toThrow(/w has 2 numbers, Steps takes 1/u);
  expect(() => replay(steps.replace("Steps", "Stairs"), file)).toThrow(/Steps/u);
});
