/** Arrays of used cells, against as many with names of their own. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../compiler/driver/in-process.js";
import type { ModuleInstance } from "../../../runtime/module/compiled-module.js";
import { lower, tryLower } from "./support.js";

const parts = `cell Layer(H) { input x: [H] state h: [H] = 0.5 param W: [H, H] param b: [H] ~ log(uniform(1, 2)) h' = tanh(W @ x + h + b) output y = h' - x }
  cell Dense(H) { input x: [H] param W: [H, H] output y = tanh(W @ x) output z = sum(x) }
  cell Pair(H) { input x: [H] use l[2] = Layer(H) output y = x then l[k](y) for k < 2 }
`;

const pairs: readonly (readonly [what: string, array: string, names: string])[] = [
  [
    "in rounds",
    "use l[L] = Layer(H) output y = x then l[k](y) for k < L",
    "use l0, l1, l2 = Layer(H) output y = l2(l1(l0(x)))",
  ],
  [
    "from the last to the first",
    "use l[L] = Layer(H) y = x then l[L - 1 - k](y) + y for k < L output u = y + l[0].h' + l[L - 1].h",
    "use l0, l1, l2 = Layer(H) a = l2(x) + x b = l1(a) + a output u = l0(b) + b + l0.h' + l2.h",
  ],
  [
    "by numbers and in rounds, in a group",
    "use l[3] = Layer(H) use m[2] = Dense(H) a = l[0](x) u, v = (a, x) then (l[k + 1](v), m[k](u').y) for k < 2 output y = u + v + m[0](x).y * m[1](a).z",
    "use l0, l1, l2 = Layer(H) use m0, m1 = Dense(H) a = l0(x) u_0 = l1(x) v_0 = m0(u_0).y u_1 = l2(v_0) v_1 = m1(u_1).y output y = u_1 + v_1 + m0(x).y * m1(a).z",
  ],
  [
    "with states given, shared",
    "use l[2] = Layer(H) use m = l a = x then l[k](a, h = 2 * l[k].h) for k < 2 output y = a then m[k](a * y) for k < 2",
    "use l0, l1 = Layer(H) use m0 = l0 use m1 = l1 a = l1(l0(x, h = 2 * l0.h), h = 2 * l1.h) output y = m1(a * m0(a * a))",
  ],
  [
    "with params given, within used cells",
    "param W: [H, H] use l[2] = Layer(H, W = 2 * W) use p = Pair(H) a = x then l[k](a) for k < 2 output y = p(a) + p.l[1].h' + p.l[0].W @ x",
    "param W: [H, H] use l0, l1 = Layer(H, W = 2 * W) use p0, p1 = Layer(H) a = l1(l0(x)) output y = p1(p0(a)) + p1.h' + p0.W @ x",
  ],
];

const inCell = (items: string): string => `${parts}cell A(H, L) { input x: [H] ${items} output unused = zeros([L]) }`;
/** Names of the parts of arrays as those with names of their own. */
const plain = (text: string): string => text.replace(/\bp\.l\.(\d)/gu, "p$1").replace(/\b([lm])\.(\d)/gu, "$1$2");

describe("arrays of used cells", () => {
  it.each(pairs)("%s", (_what, array, names) => {
    const [a, b] = [array, names].map((items) => lower(inCell(items), { H: 2, L: 3 }));
    const tensors = (one: typeof a): string[][] =>
      [one!.states, one!.params].map((list) => list.map(({ name }) => plain(name)));
    expect(tensors(a)).toEqual(tensors(b));
  });

  it.each(["js", "wasm"] as const)("have the values and gradients of those with names, %s", async (target) => {
    const results = await Promise.all(
      pairs.map(async ([, ...texts]) => {
        const both = texts.map(async (items) => {
          const compiled = await cell(inCell(items), { cell: "A", target, dtype: "f64", dimensions: { H: 2, L: 3 } });
          const instance = compiled.instantiate({ steps: 3 }) as ModuleInstance;
          const params = Object.entries(instance.params as Record<string, Float64Array>);
          for (const [i, [, values]] of params.entries())
            values.forEach((_, j) => (values[j] = Math.sin(1 + 3 * i + j)));
          const found = instance.forward({ x: [0.5, -1, 0.25, 2, -0.5, 1] }) as unknown as Record<string, Float64Array>;
          const out = found["y"] ?? found["u"];
          const gradient = instance.backward?.({ [found["y"] ? "y" : "u"]: [1, 2, 3, 4, 5, 6] }) as unknown as { params: Record<string, Float64Array> }; // prettier-ignore
          return [[...(out ?? [])], ...Object.values(gradient.params).map((values) => [...values])];
        });
        return Promise.all(both);
      }),
    );
    for (const [i, [array, names]] of results.entries()) expect(array, pairs[i]?.[0]).toEqual(names);
    expect(results[0]?.[0]?.[0]?.every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
  });

  it("begin each with draws of its own", async () => {
    const text = inCell("use l[L] = Layer(H) with W ~ uniform(1) output y = x then l[k](y) for k < L");
    const instance = (await cell(text, { cell: "A", dimensions: { H: 2, L: 3 } })).instantiate() as ModuleInstance;
    instance.init(3);
    const params = instance.params as Record<string, Float32Array>;
    expect(Object.keys(params)).toEqual(["l.0.W", "l.0.b", "l.1.W", "l.1.b", "l.2.W", "l.2.b"]);
    expect(new Set(Object.values(params).map((values) => [...values].join(" "))).size).toBe(6);
  });

  it.each([
    ["without a size", "use l[L] = Layer(H) output y = x then l[k](y) for k < L", { H: 2 }, "bad-dimension-size"],
    ["that are too many", "use l[L] = Dense(H) output y = l[0](x).y", { H: 2, L: 100000 }, "program-too-large"],
    [
      "one of which a branch leaves out",
      "use l[L] = Layer(H) output y = x then if k == 1 then y else l[k](y) for k < L",
      { H: 2, L: 3 },
      "never-called",
    ],
  ] as const)("are refused %s", (_what, items, sizes, code) => {
    expect(tryLower(inCell(items), sizes).codes).toEqual([code]);
  });
});
