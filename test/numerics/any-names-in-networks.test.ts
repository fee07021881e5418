/** Of networks as of cells (`any-names.test.ts`): whatever their names are, the numbers are the same, or a diagnostic says why not. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { compile } from "../../compiler/index.js";
import { loadModule } from "../../runtime/index.js";
import { hostile, NameComparison, numbersOf, type Target, wordsOf } from "../support/any-names.js";
import { fuzzParameters } from "../support/fuzz.js";

const plain = {
  cell: "Inner0",
  real: "i0",
  cellInput: "q0",
  cellState: "s0",
  cellParam: "p0",
  cellOutput: "r0",
  network: "Sub0",
  networkInput: "g0",
  networkSize: "R0",
  networkUse: "c0",
  networkCall: "d0",
  networkOutput: "k0",
  main: "Main0",
  dimension: "N0",
  size: "T0",
  otherSize: "S0",
  input: "x0",
  otherInput: "z0",
  target: "o0",
  param: "w0",
  fixed: "m0",
  setting: "h0",
  use: "u0",
  useOfNetwork: "v0",
  call: "a0",
  otherCall: "b0",
  callOfNetwork: "e0",
  loop: "l0",
  index: "t0",
  equation: "j0",
  loss: "loss0",
  otherLoss: "loss1",
  output: "y0",
  otherOutput: "n0",
  part: "f0",
  otherPart: "f1",
};

type Names = Readonly<typeof plain>;
type Kind = keyof Names;

const source = (n: Names): string => `
cell ${n.cell}(${n.dimension}, ${n.real}: real = 0.25) {
  input ${n.cellInput}: [${n.dimension}]
  state ${n.cellState}: [${n.dimension}]
  param ${n.cellParam}: [${n.dimension}, ${n.dimension}] ~ orthogonal
  ${n.cellState}' = tanh(${n.cellParam} @ ${n.cellState} + ${n.cellInput})
  output ${n.cellOutput} = ${n.cellState}' * ${n.real}
}
network ${n.network}(${n.dimension}; ${n.networkSize}) {
  input ${n.networkInput}: [${n.networkSize}, ${n.dimension}]
  use ${n.networkUse} = ${n.cell}(${n.dimension})
  ${n.networkCall} = ${n.networkUse}(${n.networkInput})
  output ${n.networkOutput} = ${n.networkCall} + ${n.networkCall}.${n.cellState}'
}
network ${n.main}(${n.dimension}; ${n.size} >= 1, ${n.otherSize}) {
  input ${n.input}: [${n.size}, ${n.dimension}]
  input ${n.otherInput}: [${n.otherSize}, ${n.dimension}]
  input ${n.target}: [${n.size}, ${n.dimension}]
  param ${n.param}: [${n.dimension}, ${n.dimension}] ~ glorot_uniform
  fixed ${n.fixed}: [${n.dimension}] ~ 0.5
  setting ${n.setting}: real = 0.75
  use ${n.use} = ${n.cell}(${n.dimension}, ${n.real} = 0.5)
  use ${n.useOfNetwork} = ${n.network}(${n.dimension})
  ${n.call} = ${n.use}(${n.input})
  ${n.otherCall} = ${n.use}(${n.otherInput})
  ${n.callOfNetwork} = ${n.useOfNetwork}(${n.otherInput})
  ${n.loop} = tanh(before(${n.loop}, 0) + ${n.call})
  ${n.equation}[${n.index}] = ${n.param} @ ${n.loop}[${n.index}]
  loss ${n.loss} = sum(${n.equation} * ${n.target}, axis = [0, 1]) per ${n.size}
  loss ${n.otherLoss} = sum(${n.otherCall}, axis = [0, 1])
  output ${n.output} = ${n.equation} * ${n.fixed} + ${n.setting} * ${n.input}[${n.size} - 1]
  output ${n.otherOutput} = ${n.callOfNetwork} + ${n.otherCall}.${n.cellState}'
  entry ${n.part} = ${n.call}, ${n.otherOutput}
  entry ${n.otherPart} = ${n.output} given ${n.loop}
}
`;

const [N, B, T, S] = [2, 2, 3, 2];

const build = (names: Names, target: Target): ReturnType<typeof compile> =>
  compile(source(names), { cell: names.main, dimensions: { [names.dimension]: N }, target, jvp: true, hvp: true });

/** Everything that the module computes, or undefined where the names are refused. */
async function results(names: Names, target: Target): Promise<unknown> {
  const { files, diagnostics } = build(names, target);
  const [file] = files;
  if (file === undefined) {
    expect(diagnostics.length).toBeGreaterThan(0);
    return undefined;
  }
  const module = await loadModule(file.text);
  const network = module.instantiate({ batch: B, sizes: { [names.size]: T, [names.otherSize]: S } });
  let count = 0;
  const draw = (length: number): Float32Array => Float32Array.from({ length }, () => Math.sin(++count * 1.3) * 0.7);
  const [own, inner] = [
    `${names.use}.${names.cellParam}`,
    `${names.useOfNetwork}.${names.networkUse}.${names.cellParam}`,
  ];
  const stateOf = (call: string): string => `${call}.${names.cellState}`;
  const states = [stateOf(names.call), stateOf(names.otherCall), stateOf(`${names.useOfNetwork}.${names.networkUse}`), names.loop]; // prettier-ignore
  const losses = [names.loss, names.otherLoss];
  const tensors = [names.input, names.otherInput, names.target, names.param, own, inner, ...states];
  const results = [
    names.output,
    names.otherOutput,
    ...losses.flatMap((loss) => [loss, `${loss}.sum`, `${loss}.weight`]),
  ];
  const keys = [...tensors, ...results, "final", "initial", "params", "losses"];
  network.setParams({ [names.param]: draw(N * N), [own]: draw(N * N), [inner]: draw(N * N) });
  const inputs = {
    [names.input]: draw(B * T * N),
    [names.otherInput]: draw(B * S * N),
    [names.target]: draw(B * T * N),
  };
  const values = {
    ...inputs,
    [states[0]!]: draw(B * N),
    [names.setting]: 0.5,
    sizes: { [names.size]: [T, T - 1], [names.otherSize]: [S, 0] },
  };
  const tangents = { [names.input]: draw(B * T * N), params: { [names.param]: draw(N * N) } };
  const cotangents = { [names.output]: draw(B * T * N), [names.loss]: draw(1), final: { [states[2]!]: draw(B * N) } };
  const all: unknown[] = [];
  const keep = (result: unknown, own = keys): void => void all.push(numbersOf(result, own));
  keep(network.forward(values));
  keep(network.backward?.(cotangents));
  keep(network.jvp?.(values, tangents));
  keep(network.hvp?.(values, tangents, cotangents, { [names.otherLoss]: draw(1) }));
  const { loss, losses: told, ...gradients } = network.gradient!(values);
  keep(gradients);
  all.push(
    loss,
    losses.map((name) => told[name]),
  );
  const { [names.part]: part, [names.otherPart]: otherPart } = network.entries!;
  const read = { [names.input]: inputs[names.input], [names.otherInput]: inputs[names.otherInput] };
  keep(part!.forward({ ...read, sizes: values.sizes }), [names.call, names.otherOutput, ...states, "final"]);
  const given = { [names.input]: inputs[names.input], [names.loop]: draw(B * T * N), [names.setting]: 0.25 };
  keep(otherPart!.forward({ ...given, sizes: { [names.size]: [T, T - 1] } }), [names.output, "final"]);
  return all;
}

/** One name alone, or several that may be the same: they are of different cells or networks, or things of a cell and its network. */
const places: readonly (readonly Kind[])[] = [
  ...(Object.keys(plain) as Kind[]).map((kind) => [kind]),
  ["cellState", "networkUse", "call"],
  ["cellInput", "networkInput", "input"],
  ["cellParam", "networkCall", "use"],
  ["cellOutput", "networkOutput", "loss"],
  ["networkSize", "size"],
  ["cellState", "networkCall", "useOfNetwork"],
];

describe("names of networks", () => {
  const comparison = new NameComparison(plain, results);
  const everyWord = wordsOf((["js", "wasm"] as const).map((target) => build(plain, target).files[0]?.text ?? ""));
  beforeAll(async () => {
    expect(await comparison.prepare()).not.toContain("null");
  });

  it("that the compiler uses itself are free for every kind", async () => {
    await comparison.expectFree(
      fc.oneof(
        fc.constantFrom(...hostile, "loss", "sum", "weight", "sizes", "lengths", "per"),
        fc.constantFrom(...everyWord),
      ),
      places,
      fuzzParameters(6, 120),
    );
  });

  it("`residual`, `step` and `grad` for several at once", async () => {
    for (const [i, word] of ["residual", "step", "grad"].entries()) {
      const kinds = places[Object.keys(plain).length + 2 * i] ?? [];
      const names = comparison.withWord(word, kinds);
      expect(await comparison.isSame(names, i % 2 === 0 ? "js" : "wasm"), kinds.join(" ")).toBe(true);
    }
  });
});
