/** Arrays of used cells in sections, `use l[0] = …` and `use l[1:L] = …`, and rounds that begin at a number. */
import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/driver/compile.js";
import { cell } from "../../../compiler/driver/in-process.js";
import { lowerSource } from "../../../compiler/driver/pipeline.js";

const list = (values: unknown): number[] => [...(values as Float64Array)];
const cells = `
  cell Widen(I, H) { input x: [I] state h: [H] param W: [H, I] ~ 1 h' = W @ x + h output y = h' }
  cell Scale(H) { input x: [H] param w: [H] ~ 1 output y = w * x }`;

describe.each(["js", "wasm"] as const)("on %s", (target) => {
  it("a first layer of another size, and as many as one likes above it", async () => {
    const text = `${cells}
      network Tower(I, H, L; T) {
        input x: [T, I]
        use l[0] = Widen(I, H)
        use l[1:L] = Widen(H, H)
        y = l[0](x) then l[k](y) + k for 1 <= k < L
        output top = y
        output end = l[0].W[:, 0]
      }`;
    for (const L of [1, 2, 3]) {
      const { instantiate } = await cell(text, { cell: "Tower", dimensions: { I: 1, H: 2, L }, target, dtype: "f64" });
      const net = instantiate({ batch: 1, sizes: { T: 2 } });
      expect(Object.keys(net.params)).toEqual(Array.from({ length: L }, (_, k) => `l.${k}.W`));
      net.params["l.0.W"]?.set([1, 10]);
      const { top, final } = net.forward({ x: [1, 2] });
      // [1, 10] and [3, 30]; sums of both, added up over time; each layer adds its number.
      const one = [1, 10, 3, 30];
      const two = [12, 12, 45, 45];
      const three = [26, 26, 26 + 90, 26 + 90];
      expect(list(top)).toEqual([one, two, three][L - 1]);
      expect(Object.keys(final)).toEqual(Array.from({ length: L }, (_, k) => `l.${k}.h`));
    }
  });

  it("in cells, too: each is called once in a step", async () => {
    const text = `${cells}
      cell Tower(I, H, L) {
        input x: [I]
        use l[0] = Widen(I, H)
        use l[1:3] = Widen(H, H)
        use l[3:L] = Scale(H)
        a = l[0](x)
        b = a then l[k](b) for 1 <= k < 3
        c = b then l[2 + k](c) for 1 <= k < L - 2
        output y = c
        output sum = l[1].h[0] + l[2].h'[0]
      }`;
    const { instantiate } = await cell(text, { cell: "Tower", dimensions: { I: 1, H: 1, L: 5 }, target, dtype: "f64" });
    const net = instantiate({ batch: 1, steps: 2 });
    expect(Object.keys(net.params)).toEqual(["l.0.W", "l.1.W", "l.2.W", "l.3.w", "l.4.w"]);
    net.params["l.4.w"]?.set([10]);
    const { y, sum } = net.forward({ x: [1, 1] });
    expect(list(y)).toEqual([10, 40]);
    expect(list(sum)).toEqual([0 + 1, 1 + 4]);
  });
});

it("rounds from a number on have the places that they say", () => {
  const text = `cell A(N, L) {
    input x: [N]
    param w: [L, N] ~ 1
    r = x then w[k] * r + w[L - k] for 1 <= k < L
    output y = r
  }`;
  expect(lowerSource(text, { cell: "A", dimensions: { N: 2, L: 4 } }, "symbolic").diagnostics).toEqual([]);
});

const wrong = (body: string, L = 3): string[] =>
  compile(`${cells} cell A(H, L) { input x: [H] ${body} }`, { cell: "A", dimensions: { H: 2, L } }).diagnostics.map(
    ({ code, message }) => `${code}: ${message}`,
  );

it("sections are the whole of an array, and are called where they lie", () => {
  const both = "use l[0] = Scale(H) use l[1:L] = Scale(H)";
  expect(wrong("use l[0] = Scale(H) use l[2:L] = Scale(H) output y = l[0](x)")).toContain(
    "array-pieces: `l` goes to 1, and this section begins at 2",
  );
  expect(wrong("use l[0:2] = Scale(H) use l[1:L] = Scale(H) output y = l[0](x)")).toContain(
    "array-pieces: `l` goes to 2, and this section begins at 1",
  );
  expect(wrong("use l[1:L] = Scale(H) use m = Scale(H) output y = m(x)")).toContain("array-pieces: `l` goes to 0, and this section begins at 1"); // prettier-ignore
  expect(wrong(`${both} r = l[0](x) then l[k](r) for k < L output y = r`)).toContain(
    "place-out-of-range: the place may be L - 1 where `k` is L - 1, and the last place is 0",
  );
  expect(wrong("use l[L:4] = Scale(H) output y = l[0](x)")).toEqual(["bad-index: a range of used cells begins at a whole number"]); // prettier-ignore
  expect(wrong("r = x then r for 1 <= 4 output y = r")).toEqual(["bad-index: rounds that begin at a number have an index"]); // prettier-ignore
});
