import { expect, it } from "vitest";
import { cell } from "../../../../compiler/driver/in-process.js";
import { compile } from "../../../../compiler/index.js";

const text = (initializer: string): string =>
  `cell A(H) { input x: [H] param w: [H] ~ ${initializer} output y = w * x }`;
const initializerOf = (initializer: string): unknown =>
  compile(text(initializer), { dimensions: { H: 200 } }).manifest?.params[0]?.initializer;

it.each([
  ["uniform(0.5)", { kind: "uniform", law: "uniform", bound: 0.5 }],
  ["uniform(-0.5, 0.5)", { kind: "uniform", law: "uniform", bound: 0.5 }],
  ["uniform(1, 1 + H)", { kind: "uniform", law: "uniform", bound: 100, mean: 101 }],
  ["uniform(2, 2)", { kind: "uniform", law: "uniform", bound: 0, mean: 2 }],
  ["normal(0.1)", { kind: "normal", law: "normal", deviation: 0.1 }],
  ["normal(0, 0.1)", { kind: "normal", law: "normal", deviation: 0.1 }],
  ["normal(-1, 1 / 4)", { kind: "normal", law: "normal", deviation: 0.25, mean: -1 }],
  ["0.25", { kind: "constant", value: 0.25 }],
])("%s", (written, initializer) => {
  expect(initializerOf(written)).toEqual(initializer);
});

it("draws where it says", async () => {
  const draws = async (initializer: string): Promise<number[]> => {
    const instance = (await cell(text(initializer), { dimensions: { H: 200 } })).instantiate();
    instance.init(1);
    return [...instance.params["w"]!];
  };
  const uniform = await draws("uniform(2, 3)");
  expect(Math.min(...uniform)).toBeGreaterThanOrEqual(2);
  expect(Math.max(...uniform)).toBeLessThanOrEqual(3);
  const normal = await draws("normal(5, 0.1)");
  const mean = normal.reduce((sum, value) => sum + value, 0) / normal.length;
  expect(Math.abs(mean - 5)).toBeLessThan(0.05);
});

it("numbers that come with sizes are checked with them", () => {
  const { diagnostics } = compile(text("uniform(H, 100)"), { dimensions: { H: 200 } });
  expect(diagnostics.map(({ message, help }) => [message, help])).toEqual([
    ["`uniform` of 200 and 100", "the bounds are finite numbers, the lower one first"],
  ]);
});
