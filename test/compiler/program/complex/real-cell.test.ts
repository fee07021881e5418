import { describe, expect, it } from "vitest";
import { cell } from "../../../../compiler/driver/in-process.js";
import type { ModuleInstance } from "../../../../runtime/module/compiled-module.js";

const turning = `network Turning(; T) {
  input x, w: [T]
  z = complex(x, w)
  u[t] = z[t] * z[t] + (0.3 + 0.4i) * p[t]
  p = before(u, 1i)
  output a = re(u)
  output b = im(u)
  output c = re(p) + im(p)
  entry part = a, c
}`;

/** u = z² + (0.3 + 0.4i) u, from i on. */
function turned(x: readonly number[], w: readonly number[]): [number, number][] {
  let [re, im] = [0, 1];
  return x.map((own, t) => {
    const other = w[t] ?? NaN;
    [re, im] = [own * own - other * other + 0.3 * re - 0.4 * im, 2 * own * other + 0.3 * im + 0.4 * re];
    return [re, im];
  });
}

const [x, w] = [
  [0.5, -1, 2, 0.25, 0.75, -0.5],
  [1, -0.5, 0.125, 3, -2, 0.5],
];
const each = [
  { x: x.slice(0, 3), w: w.slice(0, 3) },
  { x: x.slice(3, 5), w: w.slice(3, 5) },
];

describe.each(["js", "wasm"] as const)("loops of complex values on %s", (target) => {
  async function make(text: string): Promise<ModuleInstance> {
    const { instantiate } = await cell(text, { target, dtype: "f64" });
    return instantiate({ batch: 2, sizes: { T: 3 } });
  }

  it("are what they say, in examples of other lengths and in chunks, and have two states", async () => {
    const net = await make(turning);
    const given = { x, w, sizes: { T: [3, 2] } };
    const { a, b, final } = net.forward(given);
    const wanted = each.map((own) => turned(own.x, own.w));
    wanted.forEach((places, n) =>
      places.forEach(([re, im], t) => {
        expect(a![3 * n + t]).toBeCloseTo(re, 13);
        expect(b![3 * n + t]).toBeCloseTo(im, 13);
      }),
    );
    expect(Object.keys(final)).toEqual(["p.re", "p.im"]);
    const whole = [...a!.slice(0, 3)];
    const first = net.forward({ x: x.slice(0, 2), w: w.slice(0, 2), batch: 1, sizes: { T: 2 } });
    const start = [...first["a"]!];
    const rest = net.forward({ x: x.slice(2, 3), w: w.slice(2, 3), batch: 1, sizes: { T: 1 }, ...first.final });
    expect([...start, ...rest["a"]!]).toEqual(whole);
  });

  it("come apart in entries", async () => {
    const net = await make(turning);
    const { part } = (net as ModuleInstance & { entries: Record<string, ModuleInstance> }).entries;
    const values = { x, w, sizes: { T: [3, 2] } };
    const whole = net.forward(values);
    const [a, c] = [[...whole["a"]!], [...whole["c"]!]];
    const own = part!.forward(values);
    expect([[...own["a"]!], [...own["c"]!]]).toEqual([a, c]);
  });
});
