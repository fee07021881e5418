/**
 * How long an expression takes inside a cell, in nanoseconds for each element of its vector, with all that a module does around it:
 * `node dist/test/bench/expressions.js [seconds]` after `npm run build`.
 */
import { cell } from "../../compiler/driver/in-process.js";
import { measure } from "../../compiler/tools/bench/measure.js";

const H = 256;
const steps = 64;

const functions = [
  ["exp", "tanh", "sigmoid", "log", "log1p", "softplus", "log_sigmoid", "sin", "cos", "erf", "gelu"].map(
    (name) => `${name}(x)`,
  ),
  ["x ^ z", "x ^ 1.7"],
  // Of a whole vector, so for each of its elements.
  ["x @ z", "sum(x * z)"],
].flat();

async function contestant(expression: string): Promise<{ readonly name: string; readonly run: () => unknown }> {
  const used = ["x", "z"].filter((name) => new RegExp(`\\b${name}\\b`).test(expression));
  const source = `cell F(H) {\n${used.map((name) => `input ${name}: [H]`).join("\n")}\noutput y = ${expression}\n}`;
  const { instantiate } = await cell(source, { dimensions: { H }, target: "wasm", gradient: false });
  const instance = instantiate({ batch: 1, steps });
  const numbers = Float32Array.from({ length: steps * H }, (_, i) => 0.01 + ((i * 7919) % 1000) / 250);
  const inputs = Object.fromEntries(used.map((name) => [name, numbers]));
  return { name: expression, run: () => instance.forward(inputs) };
}

const timings = await measure(await Promise.all(functions.map(contestant)), { seconds: Number(process.argv[2] ?? 10) });
for (const { name, minimum } of timings) {
  process.stdout.write(`${name.padEnd(16)} ${((minimum * 1000) / (steps * H)).toFixed(2)} ns\n`);
}
