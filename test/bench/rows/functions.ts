/** What an entry of elementwise functions costs in a cell, in float32, for both targets: all of a target in turn in one run. */
import { cell } from "../../../compiler/driver/in-process.js";
import { arithmeticCeiling } from "../../../compiler/tools/bench/ceiling.js";
import { find, measure } from "../../../compiler/tools/bench/measure.js";
import { type Row, nanosecondsRow } from "./row.js";

const [width, steps] = [256, 50];

interface Timed {
  readonly name: string;
  readonly expression: string;
  /** Nanoseconds of an entry in WebAssembly, where there is a goal. */
  readonly goal?: number;
  /** The arguments are above 0. */
  readonly positive?: true;
}

/** Those that cost most where they are, and others beside which they can be seen. */
const timed: readonly Timed[] = [
  // What is left is the call and memory.
  { name: "x + 1", expression: "x + 1" },
  { name: "exp", expression: "exp(x)" },
  { name: "tanh", expression: "tanh(x)" },
  { name: "sigmoid", expression: "sigmoid(x)" },
  { name: "softplus", expression: "softplus(x)", goal: 3.5 },
  { name: "log", expression: "log(x)", goal: 3.5, positive: true },
  { name: "log1p", expression: "log1p(x)", goal: 3.5, positive: true },
  { name: "log_sigmoid", expression: "log_sigmoid(x)", goal: 3.5 },
  { name: "sin", expression: "sin(x)", goal: 3.5 },
  { name: "cos", expression: "cos(x)", goal: 3.5 },
  { name: "erf", expression: "erf(x)", goal: 3.5 },
  { name: "gelu", expression: "gelu(x)", goal: 3.5 },
  { name: "pow", expression: "x ^ z", goal: 5, positive: true },
];

/** Operations per second in registers of the machine that the goals are told of: a slower one may take longer. */
const registersOfGoals = 45e9;

export async function functionRows(seconds: number): Promise<Row[]> {
  return [...(await rowsOf("wasm", seconds)), ...(await rowsOf("js", seconds))];
}

async function rowsOf(target: "wasm" | "js", seconds: number): Promise<Row[]> {
  const contestants = await Promise.all(
    timed.map(async ({ name, expression, positive }) => {
      const names = expression.includes("z") ? ["x", "z"] : ["x"];
      const text = `cell F(H) { input ${names.join(", ")}: [H] output y = ${expression} }`;
      const { instantiate } = await cell(text, { dimensions: { H: width }, target, gradient: false });
      const instance = instantiate({ batch: 1, steps });
      // From 0 to 8 or from -8 to 8, in an order that no prediction follows; exponents from -2 to 2.
      const spread = (from: number, to: number): Float32Array =>
        Float32Array.from({ length: width * steps }, (_, i) => from + ((to - from) * (1 + ((i * 37) % 1000))) / 1001);
      const all = { x: spread(positive === true ? 0 : -8, 8), z: spread(-2, 2) };
      const values = names.length === 1 ? { x: all.x } : all;
      return { name, run: () => instance.forward(values) };
    }),
  );
  const timings = await measure(contestants, { seconds });
  const slower = Math.max(1, registersOfGoals / arithmeticCeiling("f32", false));
  const cost = (name: string): number => (1000 * find(timings, name).minimum) / (width * steps);
  return timed.map(
    ({ name, goal }) =>
    nanosecondsRow(`${name}, ${target} f32, an entry`, cost(name), target === "wasm" && goal !== undefined ? goal * slower : undefined), // prettier-ignore
  );
}
