/** Networks of std/network that take cells give the bits of what they stand for, written out with used cells. */
import { expect, it } from "vitest";
import { outputsOf } from "../../compiler/tools/calls/call.js";
import { cell } from "../../compiler/index.js";
import type { CompiledModule } from "../../runtime/index.js";

const imports = `import { GRU } from "std/gru"
import { EncoderDecoder, Highway, Linear, Residual } from "std/network"
`;
const header = "(H; T) { input x: [T, H]";

/** Each network, and the same written out; where params of the one stand in the other. */
const pairs: readonly (readonly [string, string, string, (name: string) => string])[] = [
  [
    "Residual",
    `network A${header} use r = Residual(GRU, H, 2) output y = r(x) }`,
    `network A${header} use a, b = GRU(H, H) u = x + a(x) output y = u + b(u) }`,
    (name) => name.replace("r.l.0", "a").replace("r.l.1", "b"),
  ],
  [
    "Highway",
    `network A${header} use r = Highway(GRU, H, 2) output y = r(x) }`,
    `network A${header} use a, b = GRU(H, H) use f, g = Linear(H, H) p = sigmoid(f(x)) u = p * a(x) + (1 - p) * x
      q = sigmoid(g(u)) output y = q * b(u) + (1 - q) * u }`,
    (name) => name.replace("r.l.0", "a").replace("r.l.1", "b").replace("r.gate.0", "f").replace("r.gate.1", "g"),
  ],
  [
    "EncoderDecoder",
    `network A(H; S >= 1, T) { input s: [S, H] input x: [T, H] use r = EncoderDecoder(GRU, H, H, H) output y = r(s, x) }`,
    `network A(H; S >= 1, T) { input s: [S, H] input x: [T, H] use a = GRU(H, H) use b = GRU(2 * H, H)
      e = a(s) y = b(concat(x, fill(e[S - 1], [T]), axis = 1)) output z = y }`,
    (name) => name.replace("r.enc", "a").replace("r.dec", "b"),
  ],
];

it.each(pairs)("%s", async (name, short, long, own) => {
  for (const target of ["js", "wasm"] as const) {
    const compiled = (text: string): Promise<CompiledModule> =>
      cell(imports + text, { cell: "A", dimensions: { H: 3 }, target, gradient: false });
    const sizes = { T: 5, ...(name === "EncoderDecoder" && { S: 4 }) };
    const modules = await Promise.all([short, long].map(compiled));
    const [one, other] = modules.map((module) => module.instantiate({ batch: 2, sizes }));
    one!.init(7);
    for (const [key, values] of Object.entries(one!.params)) other!.params[own(key)]!.set(values);
    expect(Object.keys(other!.params).sort()).toEqual(Object.keys(one!.params).map(own).sort());
    const wave = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(i));
    const values = { x: wave(30), ...(name === "EncoderDecoder" && { s: wave(24) }) };
    const [first, second] = [one, other].map((instance) => Object.values(outputsOf(instance!.forward(values))));
    expect(first!.length).toBeGreaterThan(0);
    expect(first!.map((output) => [...output])).toEqual(second!.map((output) => [...output]));
  }
});

it("what a highway begins with lets most go around", async () => {
  const module = await cell(`${imports}network A${header} use r = Highway(GRU, H, 2) output y = r(x) }`, {
    dimensions: { H: 3 },
  });
  const instance = module.instantiate({ batch: 1, sizes: { T: 1 } });
  instance.init(1);
  expect([...instance.params["r.gate.1.b"]!]).toEqual([-2, -2, -2]);
});
