/** Used cells that give what their past alone tells, in cycles: against the same written out. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../../compiler/driver/in-process.js";
import { expectFine, expectReport } from "./support.js";

const line = "cell Line(K) { input x: real output y = delay(x, by = K) } ";
const comb = "cell Comb(K) { input x: real param g: real ~ 0.5 use line = Line(K) a = line(x + g * a) output y = a } ";
const tap =
  "cell Tap(K) { input x: real state s: real s' = 0.5 * s + x output early = delay(x, by = K) * s output late = x + s' } ";

/** Each computes what the other does. */
const pairs: readonly (readonly [what: string, used: string, written: string])[] = [
  [
    "a comb",
    `${line}cell A(K) { input x: real use line = Line(K) a = line(x + 0.5 * a) output y = a }`,
    "cell A(K) { input x: real a = delay(x + 0.5 * a, by = K) output y = a }",
  ],
  [
    "one of several outputs, by a name, of the used cell and of the call",
    `${tap}cell A(K) { input x: real use t, r, s = Tap(K) u = t(x + 0.25 * u.early) b = r(x + 0.25 * r.early) c = s(x + 0.25 * w).early w = c + 0 output y = u.late + r.late + s.late + b.early }`,
    `cell A(K) { input x: real state s: real s' = 0.5 * s + z early = delay(z, by = K) * s z = x + 0.25 * early late = z + s' output y = late + late + late + early }`,
  ],
  [
    "what used cells use, and the next value of a state",
    `${line}${comb}cell Two(K) { input x: real use c = Comb(K) use l = Line(1) state s: real s' = 0.5 * s + b output late = s' + 0.1 * x b = l(c(x)) }
     cell A(K) { input x: real use t = Two(K) z = x - 0.3 * t.s' output y = t(z) }`,
    "cell A(K) { input x: real param g: real ~ 0.5 z = x - 0.3 * s' a = delay(z + g * a, by = K) b = delay(a, by = 1) state s: real s' = 0.5 * s + b output y = s' + 0.1 * z }",
  ],
  [
    "two of them that feed each other, of vectors and complex numbers",
    `cell Turn(N) { input x: [N] state z: complex[N] z' = exp(0.3i) * z + x output y = re(z) }
     cell A(K) { input x: real use a, b = Turn(2) v = a([x, 0.5] + tanh(b([1, x] - 0.5 * v))) output y = sum(v) / K }`,
    `cell A(K) { input x: real state p, q: complex[2] p' = exp(0.3i) * p + ([x, 0.5] + tanh(re(q))) q' = exp(0.3i) * q + ([1, x] - 0.5 * re(p)) output y = sum(re(p)) / K }`,
  ],
];

const xs = Array.from({ length: 12 }, (_, k) => Math.sin(1.3 * k));

describe("a used cell that gives what its past alone tells", () => {
  it.each(pairs)("ends a cycle: %s", async (_what, used, written) => {
    const run = async (text: string, target: "js" | "wasm"): Promise<readonly number[][]> => {
      const compiled = await cell(text, { cell: "A", dimensions: { K: 3 }, target, gradient: true });
      const instance = compiled.instantiate({ steps: 12, batch: 1 });
      const { y } = instance.forward({ x: xs });
      const { x } = instance.backward!({ y: xs });
      const stepped = xs.map((value) => instance.step({ x: [value] })["y"]![0]!);
      expect(stepped).toEqual([...(y ?? [])]);
      return [y, x].map((values) => [...(values ?? [])]);
    };
    const own = await run(used, "js");
    expect(own[0]?.filter((value) => value !== 0).length).toBeGreaterThan(6);
    const other = await run(written, "js");
    for (const [i, values] of own.entries()) {
      for (const [k, value] of values.entries()) expect(value).toBeCloseTo(other[i]?.[k] ?? NaN, 4);
    }
    expect(await run(used, "wasm")).toEqual(own);
  });

  it.each([
    [
      "what it is given in this step",
      `${tap}cell A(K) { input x: real use ‹t› = Tap(K) u = t(x + 0.25 * u.late) output y = u.early }`,
    ],
    ["what is made of its next state", `${tap}cell A(K) { input x: real use t = Tap(K) output ‹y› = t(x + y).late }`],
    [
      "the state that a call says",
      "cell S() { input x: real state s: real s' = x output y = s } cell A(K) { input x: real use s = S() ‹a› = s(x + a, s = 2 * a) output y = a * K }",
    ],
    [
      "an input further down",
      `${line}cell Sum(K) { input x: real use l = Line(K) output y = l(x) + x } cell A(K) { input x: real use s = Sum(K) ‹a› = s(x + 0.5 * a) output y = a }`,
    ],
  ])("is told of a cycle through %s", (_what, text) => {
    const { help } = expectReport(text, "cycle");
    expect(help).toContain("depends on what it is given in the same step");
  });

  it("is a value of a group, however its names are ordered", () => {
    expectFine(
      `${line}fn two(v: real): (a: real, b: real) { return (v, 2 * v) } cell A(K) { input x: real use m = Line(K) use l = Line(K) c, d = two(l(x)) output y = m(d) + c }`,
    );
  });
});
