/** Each scalar operation has the same bits on both targets, whose float32 is made in different ways: JavaScript computes in float64 and rounds. */
import { expect, test } from "vitest";
import { dimConstant } from "../../../../compiler/base/types/dim.js";
import { GraphBuilder } from "../../../../compiler/ir/graph/build.js";
import type { GraphFunction } from "../../../../compiler/ir/graph/graph-function.js";
import { comparisonOps, logicalOps, scalarArity, type ScalarOp } from "../../../../compiler/ir/ops/scalar-ops.js";
import { callEntry } from "../../../../compiler/tools/calls/padded-kernels.js";
import { emitKernels, scheduleKernels } from "../../../support/kernels.js";
import { callable, compileKernels, entryNamed, programOf } from "../../../support/run-kernel.js";
import { exportsOf } from "../wasm/assembler/engine.js";
import { argumentsFor } from "../../base/math/support.js";

/** Of every size and sign; an odd number of them, so that some are left over from lanes. */
const points = [...argumentsFor("f32", 120), 3, -3, 7];
const operands: Readonly<Record<string, Float32Array>> = {
  "param.x": Float32Array.from(points),
  "param.y": Float32Array.from(points, (_, i) => points[(7 * i + 3) % points.length]!),
  "param.z": Float32Array.from(points, (x) => Math.abs(x) + 2),
};
const output = "grad.param.o";

/** The operation on each point, and a third of what it gives: a number that is not rounded before has another third. */
function thirdsOf(op: ScalarOp): GraphFunction {
  const b = new GraphBuilder("f");
  const shape = [dimConstant(points.length)];
  const given = Object.keys(operands).map((name) => b.input(name, { dtype: "real", shape, shared: true }));
  const truth = (id: number): number => b.map("lt", id, b.constantOf(0.25, shape));
  const own = given.slice(0, scalarArity[op]);
  const result = b.map(
    op,
    ...own.map((id, i) => (logicalOps.has(op) || (op === "select" && i === 0) ? truth(id) : id)),
  );
  const [one, zero] = [b.constantOf(1, shape), b.constantOf(0, shape)];
  const number = comparisonOps.has(op) || logicalOps.has(op) ? b.map("select", result, one, zero) : result;
  return b.finish([{ name: output, value: b.map("mul", number, b.constantOf(1 / 3, shape)) }]);
}

function inJavaScript(fn: GraphFunction): number[] {
  const padding = { batch: 1, steps: 1, sizes: {} };
  const kernels = compileKernels(programOf(fn), "f32").create(padding);
  for (const [name, data] of Object.entries(operands)) kernels.buffers[name]?.set(data);
  callEntry(callable(kernels), entryNamed("forward"), padding);
  return [...kernels.buffers[output]!];
}

function inWebAssembly(fn: GraphFunction): number[] {
  const options = { dtype: "f32", runtimeDimensions: [] } as const;
  const scheduled = scheduleKernels(programOf(fn), options);
  const { layout } = scheduled;
  const exports = exportsOf(emitKernels(scheduled, options));
  const { buffer } = exports["memory"] as { readonly buffer: ArrayBuffer };
  const at = (name: string): Float32Array => {
    const address = layout.addressOf(name);
    return new Float32Array(buffer, address.kind === "static" ? address.bytes : NaN, points.length);
  };
  const words = new Int32Array(buffer);
  for (const word of [layout.sizeWord("%B"), layout.sizeWord("%T"), layout.changedWord]) words[word / 4] = 1;
  const used = new Set(scheduled.kernel.buffers.map(({ name }) => name));
  for (const [name, data] of Object.entries(operands)) if (used.has(name)) at(name).set(data);
  (exports["forward"] as () => void)();
  return [...at(output)];
}

test.each(Object.keys(scalarArity) as ScalarOp[])("%s", (op) => {
  const fn = thirdsOf(op);
  const [js, wasm] = [inJavaScript(fn), inWebAssembly(fn)];
  const different = js.flatMap((x, i) => {
    const at = Object.values(operands).map((data) => data[i]!).slice(0, scalarArity[op]); // prettier-ignore
    return Object.is(x, wasm[i])
      ? []
      : [`${op}(${at.join(", ")}) / 3 is ${x} in JavaScript, ${wasm[i]} in WebAssembly`];
  });
  expect(different).toEqual([]);
  expect(new Set(js.filter((x) => !Number.isNaN(x))).size, "numbers that it gives").toBeGreaterThan(1);
});
