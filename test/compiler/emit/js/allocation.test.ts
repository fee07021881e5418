/**
 * Calls allocate nothing once engines have compiled them: in JavaScript kernels no number passes from one function to another,
 * and the shell makes no objects.
 */
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { compile } from "../../../../compiler/index.js";
import { elementwiseFunctions } from "../../../../compiler/language/semantics/builtins.js";

const dtypes = ["f32", "f64"] as const;
const all = { target: "js", gradient: true, jvp: true, hvp: true } as const;

/** The kernels of a module, between the manifest and the shell. */
function kernelsOf(text: string): string {
  const start = text.indexOf("/** Bytes that `createKernels");
  const end = text.indexOf("// The interface around the kernels");
  expect(start).toBeGreaterThan(0);
  expect(end).toBeGreaterThan(start);
  return text.slice(start, end);
}

/** Calls in loops, but for those of Math, which engines know. */
function callsIn(kernels: string): string[] {
  const code = kernels.replace(/\/\/.*$|\/\*[^]*?\*\/|^ *function .*$/gmu, "");
  const calls = [...code.matchAll(/([\w$.]+)\(/gu)].map(([, name = ""]) => name);
  const regions = new Set([...kernels.matchAll(/^ {2}function (\w+)/gmu)].map(([, name]) => name));
  const known = /^(?:for|if|fround|Math\.\w+|Object\.\w+|\w+\.(?:subarray|fill)|Float(?:32|64)Array|Int32Array)$/u;
  return calls.filter((name) => !known.test(name) && !regions.has(name));
}

describe.each(dtypes)("kernels in %s call no functions but regions", (dtype) => {
  it("with every function of the language", () => {
    const calls = Object.entries(elementwiseFunctions).map(([name, { parameters }]) => {
      const given = parameters.map((_, i) => ["x", "y", "h"][i]);
      return `output o_${name} = ${name}(${given.join(", ")})`;
    });
    const source = `cell A(N) {
      input x, y: [N]  state h: [N]
      h' = if x < y then exp(h) else tanh(x) ^ y
      ${calls.join("\n")}
    }`;
    const { files, diagnostics } = compile(source, { ...all, dimensions: { N: 3 }, dtype });
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    const kernels = kernelsOf(files![0]!.text);
    expect(callsIn(kernels)).toEqual([]);
    expect(kernels).toContain("$tanh");
  });
});

/** Follows the text of a module: measures the heap around many calls, in which nothing is collected. */
const probe = `
const [N, T] = [4, 6];
const instance = instantiate({ steps: T });
const values = (n) => Float64Array.from({ length: n }, (_, i) => Math.sin(i));
const call = { x: values(N * T) };
const one = { x: values(N) };
const weights = { y: values(N * T) };
const calls = {
  step: () => instance.step(one),
  forward: () => instance.forward(call),
  backward: () => instance.backward(weights),
  jvp: () => instance.jvp(call, call),
  hvp: () => instance.hvp(call, call, weights),
};
const result = {};
for (const [name, run] of Object.entries(calls)) {
  // Rounds in which the engine compiles leave what it learns: the least is what calls leave.
  result[name] = Infinity;
  for (let round = 0; round < 12; round++) {
    gc();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 500; i++) run();
    result[name] = Math.min(result[name], (process.memoryUsage().heapUsed - before) / 500);
  }
}
console.log(JSON.stringify(result));
`;

it.each(["js", "wasm"] as const)("an LSTM in %s leaves the heap as it is", (target) => {
  const source = `import { LSTM } from "std/lstm"`;
  const { files } = compile(source, { ...all, cell: "LSTM", dimensions: { I: 4, H: 4 }, target });
  // Compilation on the same thread, so that when it happens depends on calls alone; room for all that could be allocated.
  const flags = ["--expose-gc", "--single-threaded", "--min-semi-space-size=64", "--max-semi-space-size=64"];
  const out = execFileSync(process.execPath, [...flags, "--input-type=module", "-"], {
    input: files![0]!.text + probe,
    encoding: "utf8",
  });
  // A call of one function that returns a number leaves 16 bytes; a step here has 20 of them.
  for (const [name, bytes] of Object.entries(JSON.parse(out) as Record<string, number>)) {
    expect(bytes, name).toBeLessThan(16);
  }
});
