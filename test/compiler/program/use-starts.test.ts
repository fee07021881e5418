/** Params of used cells that begin as their user says, against cells that say it themselves: of one seed the same numbers. */
import { expect, it } from "vitest";
import { cell } from "../../../compiler/driver/in-process.js";

const layer = (w: string, b = "zeros", scale = ""): string =>
  `cell Layer(I, H) { input x: [I] param W: [H, I]${w} param b: [H] ~ ${b} param s: real ~ 2 ${scale} output y = tanh(s * (W @ x) + b) }`;
const complex = (z: string): string =>
  `cell Turn(H) { input x: [H] param z: complex[H] ~ ${z} param W: [H, H] output y = re(z * (W @ x)) }`;

const pairs: readonly (readonly [what: string, user: string, own: string])[] = [
  [
    "numbers and draws",
    `${layer("")} cell A(H, g: real = 0.5) { input x: [H] use l, m = Layer(H, H) with W ~ orthogonal, b ~ uniform(g, H) output y = m(l(x)) }`,
    `${layer(" ~ orthogonal", "uniform(0.5, H)")} cell A(H) { input x: [H] use l, m = Layer(H, H) output y = m(l(x)) }`,
  ],
  [
    "expressions, with indices",
    `${layer("")} cell A(H) { input x: [H] use l, m = Layer(H, H) with W[i, j] ~ normal(i + 1) * j, b[i] ~ log(i + 1) output y = m(l(x)) }`,
    `${layer("", "0").replace("param W", "param W[i, j]").replace("[H, I]", "[H, I] ~ normal(i + 1) * j").replace("param b: [H] ~ 0", "param b[i]: [H] ~ log(i + 1)")}
     cell A(H) { input x: [H] use l, m = Layer(H, H) output y = m(l(x)) }`,
  ],
  [
    "params of the cell around, inside of what is used",
    `${layer(" ~ ones", "normal(1)")} cell B(H) { input x: [H] use inner = Layer(H, H) output y = inner(x) }
     cell A(H) { input x: [H] param c: [H] ~ normal(1) g = exp(c) use l = B(H) with inner.b ~ g / 2, inner.s ~ 3 output y = l(x) + c }`,
    `${layer(" ~ ones")} cell A(H) { input x: [H] param c: [H] ~ normal(1) param d: [H] ~ exp(c) / 2 param s: real ~ 3 use inner = Layer(H, H, b = d, s = s) output y = inner(x) + c }`,
  ],
  [
    "the last word is that of the cell which is compiled",
    `${layer("", "normal(1)")} cell B(H) { input x: [H] param g: real ~ normal(1) use inner = Layer(H, H) with b ~ g * uniform(1), W ~ normal(g) output y = inner(x) + g }
     cell A(H) { input x: [H] use l = B(H) with inner.b ~ 0.25 output y = l(x) }`,
    `${layer("", "0.25")} cell B(H) { input x: [H] param g: real ~ normal(1) use inner = Layer(H, H) with W ~ normal(g) output y = inner(x) + g }
     cell A(H) { input x: [H] use l = B(H) output y = l(x) }`,
  ],
  [
    "complex ones",
    `${complex("1")} cell A(H) { input x: [H] use l = Turn(H) with z ~ complex(normal(1), uniform(2)), W ~ identity output y = l(x) }`,
    `${complex("complex(normal(1), uniform(2))").replace("param W: [H, H]", "param W: [H, H] ~ identity")} cell A(H) { input x: [H] use l = Turn(H) output y = l(x) }`,
  ],
];

it.each(pairs)("%s", async (_what, user, own) => {
  const [a, b] = await Promise.all(
    [user, own].map(async (text) => {
      const instance = (await cell(text, { cell: "A", dimensions: { H: 3 } })).instantiate();
      instance.init(5);
      const { params } = instance as unknown as { params: Record<string, Float32Array> };
      return Object.entries(params).map(([, values]) => [...values]);
    }),
  );
  const sorted = (all: number[][] | undefined): string[] => (all ?? []).map((values) => values.join(" ")).sort();
  expect(sorted(a)).toEqual(sorted(b));
});
