/**
 * The program that every engine runs: modules of some cells for each target, called on the same numbers; it reports one hash
 * for each target. It is a script and uses nothing but the language, so that every engine takes it.
 */
import { compile, type CompileOptions, type CompileSuccess } from "../../compiler/index.js";

const imported = (cell: string, from: string): string => `import { ${cell} } from "${from}"\n`;

/** Every function with kernels of its own, values of earlier steps, rounds, initial values by draws and functions, complex numbers. */
const functions = `cell Functions(H) {
  input x: [H]
  state s: [H]
  param w: [H] ~ log(uniform(1, 8))
  param z: complex[H] ~ complex(normal(1), normal(1))
  u = 2 * x + s
  a = softplus(4 * u) + log_sigmoid(u) + log1p(exp(u)) + log(2 + sin(3 * u)) + cos(7 * u) + erf(u) + gelu(u)
  b = (1.5 + cos(u)) ^ (w * u) + atan(u) + asinh(u) + re(exp(z * 1i * u)) + abs(z) + delay(a, by = 2)
  r = x then 0.5 * sin(r) + x for 5 until max(abs(r' - r)) < 0.25
  s' = tanh(0.1 * a + r)
  output y = a + b * sigmoid(r)
}
`;

const cells = [
  { cell: "GRU", source: imported("GRU", "std/gru"), dimensions: { I: 3, H: 5 } },
  { cell: "LayerNormLSTM", source: imported("LayerNormLSTM", "std/layernorm-lstm"), dimensions: { I: 3, H: 8 } },
  {
    cell: "BahdanauGRU",
    source: imported("BahdanauGRU", "std/bahdanau"),
    dimensions: { E: 2, He: 3, H: 5, A: 4, O: 2 },
  },
  { cell: "Functions", source: functions, dimensions: { H: 7 } },
] as const;

export const targets = ["js", "wasm", "auto"] as const;
export type Target = (typeof targets)[number];

/** What an engine reports of a target: a hash of all results and the kernels that gave them, or what was thrown. */
export type Outcome =
  { readonly hash: string; readonly variant: string } | { readonly error: string; readonly hash?: undefined };

/** What the program reports, as JSON. */
export type Report = Readonly<Record<Target, Outcome>>;

interface Case {
  readonly target: Target;
  readonly result: CompileSuccess;
}

function compileAll(more: (target: Target) => CompileOptions): Case[] {
  return targets.flatMap((target) =>
    (["f32", "f64"] as const).flatMap((dtype) =>
      cells.map(({ cell, source, dimensions }): Case => {
        const name = `${cell}-${dtype}`.toLowerCase();
        const result = compile(source, { cell, dimensions, dtype, target, name, ...more(target) });
        if (result.manifest === undefined) throw new Error(`${cell} does not compile`);
        return { target, result };
      }),
    ),
  );
}

/** A module as an expression, for a script. */
const asExpression = ({ result }: Case): string =>
  `(() => {\n${result.files[0].text.replaceAll(/^export /gmu, "")}\nreturn { manifest, instantiate };\n})()`;

/** Calls every function of a module and adds the bytes of all results to a hash. */
const runner = `
function runCase({ manifest, instantiate }, more, add) {
  let state = 1;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1;
  const B = 3, T = 6, S = 4;
  const count = (shape) => shape.reduce((n, size) => n * (typeof size === "number" ? size : S), 1);
  const draw = (length) => Float64Array.from({ length }, next);
  const sizes = Object.fromEntries(manifest.axes.filter(({ option }) => option === "sizes").map(({ name }) => [name, S]));
  const instance = instantiate({ batch: B, steps: T, sizes, ...more });
  instance.init(42);
  const keep = (value) => {
    if (ArrayBuffer.isView(value)) add(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    else for (const name of Object.keys(value).sort()) keep(value[name]);
  };
  const named = (entries, rows) => Object.fromEntries(entries.map(({ name, shape }) => [name, draw(rows * count(shape))]));
  const contexts = named(manifest.contexts, B);
  const inputs = named(manifest.inputs, B * T);
  const cotangents = named(manifest.outputs, B * T);
  keep(instance.forward({ ...inputs, ...contexts }));
  keep(instance.backward(cotangents));
  const lengths = [T, 2, 5];
  keep(instance.forward({ ...inputs, ...contexts, lengths }));
  keep(instance.backward(cotangents));
  instance.reset({ batch: B, ...contexts });
  for (let t = 0; t < 4; t++) keep(instance.step(named(manifest.inputs, B)));
  return instance.variant;
}

function runTarget(cases) {
  // Two 32-bit FNV-1a hashes, which begin differently.
  let [a, b] = [0x811c9dc5, 0x9e3779b9];
  const add = (bytes) => {
    for (const byte of bytes) {
      a = Math.imul(a ^ byte, 0x01000193);
      b = Math.imul(b ^ byte, 0x01000193);
    }
  };
  try {
    const variants = new Set(cases.map(([make, more]) => runCase(make(), more, add)));
    const hash = [a, b].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
    return { hash, variant: [...variants].join("+") };
  } catch (error) {
    return { error: String(error) };
  }
}
`;

function printProgram(cases: readonly Case[], optionsOf: (at: number) => string): string {
  const lists = targets.map((target) => {
    const own = cases.flatMap((one, at) =>
      one.target === target ? [`[() => ${asExpression(one)}, ${optionsOf(at)}]`] : [],
    );
    return `${target}: runTarget([${own.join(",\n")}])`;
  });
  return `${runner}\nconst report = JSON.stringify({ ${lists.join(",\n")} });\n`;
}

/** A script that leaves its report as JSON in the constant `report`. */
export const program = (): string =>
  printProgram(
    compileAll(() => ({})),
    () => "{}",
  );

/** The same for hosts that take only WebAssembly that was compiled before: `wasm3` and so on are such modules. */
export function programWithFiles(): {
  readonly text: string;
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
} {
  const cases = compileAll((target) => (target === "wasm" ? { wasmFile: true } : {}));
  const files = cases.flatMap(({ result }, at) => result.wasmFiles.map(({ bytes }) => ({ name: `wasm${at}`, bytes })));
  const named = new Set(files.map(({ name }) => name));
  const text = printProgram(cases, (at) => (named.has(`wasm${at}`) ? `{ wasm: wasm${at} }` : "{}"));
  return { text, files };
}
