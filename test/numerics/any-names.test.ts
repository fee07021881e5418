/**
 * A cell means the same whatever its values are called: every word that the compiler or a module uses itself, and some more,
 * stands for every kind of name. What comes is a diagnostic, or the bits of the same cell with plain names.
 */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { buildEntries } from "../../compiler/driver/entries.js";
import { buildKernels, lowerSource } from "../../compiler/driver/pipeline.js";
import { check, compile } from "../../compiler/index.js";
import { vectorPasses } from "../../compiler/passes/kernel/passes.js";
import { programOfCell } from "../../compiler/program/cell-program.js";
import { loadModule } from "../../runtime/index.js";
import { hostile, isWarning, NameComparison, numbersOf, type Target, wordsOf } from "../support/any-names.js";
import { isFuzzing, fuzzParameters } from "../support/fuzz.js";

const plain = {
  fn: "f0",
  argument: "a0",
  local: "l0",
  tangent: "t0",
  inner: "Inner0",
  innerReal: "i0",
  innerInput: "q0",
  innerState: "s0",
  innerParam: "p0",
  start: "v0",
  innerEquation: "z0",
  innerOutput: "r0",
  cell: "Main0",
  real: "k0",
  dimension: "N0",
  otherDimension: "M0",
  runtimeDimension: "S0",
  input: "x0",
  context: "c0",
  state: "h0",
  param: "w0",
  fixed: "m0",
  use: "u0",
  equation: "e0",
  output: "y0",
  otherOutput: "o0",
};

type Names = Readonly<typeof plain>;
type Kind = keyof Names;

const source = (n: Names): string => `
fn ${n.fn}(${n.argument}: [zz]): [zz] {
  ${n.local} = tanh(${n.argument})
  return ${n.local} * 0.5
  derivative(${n.tangent}) = 0.4 * ${n.tangent} * (1 - ${n.argument})
}
cell ${n.inner}(${n.dimension}, ${n.innerReal}: real = 0.25) {
  input ${n.innerInput}: [${n.dimension}]
  state ${n.innerState}: [${n.dimension}] = ${n.innerReal} * ${n.start}
  param ${n.innerParam}: [${n.dimension}, ${n.dimension}] ~ orthogonal
  param ${n.start}: [${n.dimension}] ~ ones
  ${n.innerEquation} = ${n.innerParam} @ ${n.innerState} + ${n.innerInput}
  ${n.innerState}' = tanh(${n.innerEquation})
  output ${n.innerOutput} = ${n.innerState}' * ${n.innerEquation}
}
cell ${n.cell}(${n.dimension}, ${n.otherDimension}, ${n.real}: real) {
  input ${n.input}: [${n.otherDimension}]
  context ${n.context}: [${n.runtimeDimension}, ${n.dimension}]
  state ${n.state}: [${n.dimension}]
  param ${n.param}: [${n.dimension}, ${n.otherDimension}] ~ glorot_uniform
  fixed ${n.fixed}: [${n.dimension}] ~ 0.5
  use ${n.use} = ${n.inner}(${n.dimension}, ${n.innerReal} = ${n.real})
  ${n.equation} = softmax(${n.context} @ ${n.state}) @ ${n.context} + ${n.param} @ ${n.input}
  ${n.state}' = ${n.fn}(${n.equation} * ${n.fixed} + ${n.use}.${n.innerState})
  output ${n.output} = ${n.use}(${n.equation} * ${n.state})
  output ${n.otherOutput} = ${n.state}' + ${n.equation}
}
`;

const [N, M, B, T, S] = [3, 2, 2, 3, 4];

function build(names: Names, target: Target): ReturnType<typeof compile> {
  const dimensions = { [names.dimension]: N, [names.otherDimension]: M, [names.real]: 0.5 };
  const result = compile(source(names), { cell: names.cell, dimensions, target, gradient: true, jvp: true, hvp: true });
  return result;
}

/** Everything that the module computes, or undefined where the names are refused. */
async function results(names: Names, target: Target): Promise<unknown> {
  const { files, diagnostics } = build(names, target);
  const [file] = files;
  if (file === undefined) {
    expect(diagnostics.length).toBeGreaterThan(0);
    return undefined;
  }
  const cell = (await loadModule(file.text)).instantiate({
    batch: B,
    steps: T,
    sizes: { [names.runtimeDimension]: S },
  });
  let count = 0;
  const draw = (length: number): Float32Array => Float32Array.from({ length }, () => Math.sin(++count * 1.3) * 0.7);
  const [u, s] = [names.use, `${names.use}.${names.innerState}`];
  const keys = [names.input, names.context, names.state, s, names.output, names.otherOutput, names.param];
  keys.push(`${u}.${names.innerParam}`, `${u}.${names.start}`, "final", "initial", "params");
  cell.setParams({
    [names.param]: draw(N * M),
    [`${u}.${names.innerParam}`]: draw(N * N),
    [`${u}.${names.start}`]: draw(N),
  });
  const sizes = { [names.runtimeDimension]: [S, S - 1] };
  const held = { [names.context]: draw(B * S * N), [names.state]: draw(B * N) };
  const values = { ...held, [names.input]: draw(B * T * M), lengths: [T, T - 1], sizes };
  const tangents = {
    [names.context]: draw(B * S * N),
    [names.input]: draw(B * T * M),
    params: { [names.param]: draw(N * M) },
  };
  const cotangents = { [names.output]: draw(B * T * N), final: { [names.state]: draw(B * N) } };
  const all: unknown[] = [];
  const keep = (result: unknown): void => void all.push(numbersOf(result, keys));
  keep(cell.forward(values));
  keep(cell.backward?.(cotangents));
  keep(cell.jvp?.(values, tangents));
  keep(cell.hvp?.(values, tangents, cotangents, { [names.otherOutput]: draw(B * T * N) }));
  cell.reset({ batch: B, ...held, sizes });
  keep(cell.step({ [names.input]: draw(B * M) }));
  keep(cell.step({ [names.input]: draw(B * M) }));
  return all;
}

const modules = (): string[] => (["js", "wasm"] as const).map((target) => build(plain, target).files[0]?.text ?? "");

/** One name alone, or several that may be the same: they are of different cells or functions. */
const places: readonly (readonly Kind[])[] = [
  ...(Object.keys(plain) as Kind[]).map((kind) => [kind]),
  ["innerInput", "context", "local"],
  ["innerState", "input", "argument"],
  ["innerParam", "equation", "tangent"],
  ["innerOutput", "param"],
  ["innerState", "use"],
  ["start", "use"],
  ["innerEquation", "state", "fn"],
];

const isFree = (names: Names): boolean => check(source(names)).diagnostics.every(isWarning);

describe("names", () => {
  const comparison = new NameComparison(plain, results);
  const everyWord = wordsOf(modules());
  beforeAll(async () => {
    await comparison.prepare();
  });

  it("that the compiler uses itself are free for every kind", async () => {
    await comparison.expectFree(
      fc.oneof(fc.constantFrom(...hostile), fc.constantFrom(...everyWord)),
      places,
      fuzzParameters(5, 60),
    );
  });

  it("that the compiler uses itself are free for all kinds at once", async () => {
    const kinds = Object.keys(plain) as Kind[];
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(everyWord, { minLength: kinds.length, maxLength: kinds.length }),
        fc.constantFrom<Target>("js", "wasm"),
        async (words, target) => {
          // Each alone, as one word that is refused would hide all others.
          const free = kinds.flatMap((kind, i) => {
            const word = words[i] ?? plain[kind];
            return isFree({ ...plain, [kind]: word }) ? [[kind, word] as const] : [];
          });
          if (await comparison.isSame({ ...plain, ...Object.fromEntries(free) }, target)) taken += free.length;
        },
      ),
      fuzzParameters(4, 60),
    );
    // Of 26 names of each module.
    expect(taken).toBeGreaterThan(40);
  });

  it("of a used cell may be those of the cell that uses it", async () => {
    // Each loads a module, which no host forgets: some of the words, others with another seed.
    const some = isFuzzing ? fc.sample(fc.constantFrom(...everyWord), fuzzParameters(1, 60)) : [];
    for (const use of new Set(["grad", "residual", "tangent", "step", ...some])) {
      const same = { innerInput: "x0", innerState: "h0", innerParam: "w0", innerOutput: "y0", innerEquation: "e0" };
      const names = { ...plain, ...same, use };
      expect(await comparison.isSame(names, use.length % 2 === 0 ? "js" : "wasm"), use).toBe(isFree(names));
    }
  });

  describe("`residual` for", () => {
    for (const [i, kinds] of places.entries())
      it.skipIf(!isFuzzing && i % 4 !== 0)(kinds.join(", "), async () => {
        const names = comparison.withWord("residual", kinds);
        expect(await comparison.isSame(names, i % 8 < 4 ? "js" : "wasm")).toBe(true);
      });
  });
});

/** Its sizes make windows, panels and pieces, whose buffers have names too. */
const large = (use: string, equation: string): string => `
cell Inner(I, H) {
  input q: [I]
  param P: [H, I] ~ glorot_uniform
  ${equation} = P @ q
  output r = ${equation}
}
cell Main(I, H) {
  input x, z: [I]
  state h: [H]
  param W: [H, I] ~ glorot_uniform
  param U: [H, H] ~ orthogonal
  use ${use} = Inner(I, H)
  h' = tanh(W @ x + U @ h) * ${use}(z)
  output y = h'
}`;

describe("buffers that passes add", () => {
  const dimensions = { I: 24, H: 8 };
  const common = { cell: "Main", dimensions, target: "wasm", gradient: false } as const;

  async function outputOf(use: string, equation: string): Promise<string> {
    const { files } = compile(large(use, equation), common);
    const cell = (await loadModule(files[0]!.text)).instantiate({ batch: 3, steps: 5 });
    const draw = (length: number, by: number): Float32Array =>
      Float32Array.from({ length }, (_, i) => Math.sin(i * by));
    cell.setParams({ W: draw(8 * 24, 1.1), U: draw(8 * 8, 0.7), [`${use}.P`]: draw(8 * 24, 0.3) });
    return JSON.stringify([...(cell.forward({ x: draw(360, 1), z: draw(360, 2) })["y"] as Float32Array)]);
  }

  it("have other names than values of used cells", async () => {
    const { cell } = lowerSource(large("u0", "e0"), { cell: "Main", dimensions }, "all sizes");
    const entries = buildEntries(programOfCell(cell!), { gradient: false, jvp: false, hvp: false });
    const { buffers } = buildKernels(entries, { passes: vectorPasses, dtype: "f32" });
    const taken = buffers.flatMap(({ name }) => /^\w+\.([a-z]\w*)\.([a-z]\w*)$/u.exec(name)?.slice(1) ?? []);
    expect(taken).toContain("rows");
    const expected = await outputOf("u0", "e0");
    for (let i = 0; i < taken.length; i += 2) {
      const [use, equation] = [taken[i]!, taken[i + 1]!];
      expect(await outputOf(use, equation), `${use}.${equation}`).toBe(expected);
    }
  });
});
