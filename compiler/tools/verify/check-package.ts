/** Is the module what its manifest says it is: exports, parts, kernels, shapes? */
import { dataInGradient, realStates } from "../calls/tensors.js";
import type { CompiledModule, ModuleInstance } from "../../../runtime/module/compiled-module.js";
import type { Manifest, TensorEntry } from "../../../runtime/module/manifest.js";
import { cotangentsOf, startOf, valuesOf } from "../calls/call.js";
import type { DirectedCall } from "../calls/draw-call.js";
import type { Context } from "./context.js";
import type { CheckFindings } from "./report.js";
import type { ModuleText } from "./text/read-text.js";
import { namedAxes, toldSizes } from "../../../runtime/module/axes.js";
import { countNumbers } from "../calls/sizes.js";

/** @param text Of the module, where it is known; it was read, so it imports nothing. @param wasm The file beside it, where there is one. */
export function checkPackage(
  module: CompiledModule,
  text: ModuleText | undefined,
  wasm: Uint8Array | undefined,
  findings: CheckFindings,
): void {
  const { manifest } = module;
  checkNames(manifest, findings);
  if (text !== undefined) checkText(manifest, text, wasm, findings);
}

/** Sizes by name are none that are fixed, and names that stand side by side in a call are different. */
function checkNames(manifest: Manifest, findings: CheckFindings): void {
  const { inputs, contexts, states, dimensions } = manifest;
  for (const name of namedAxes(manifest)) {
    findings.expect(!Object.hasOwn(dimensions, name), () => `manifest: ${name} is a fixed and a run-time dimension`);
  }
  const inCall = [...inputs, ...contexts, ...states].map(({ name }) => name);
  findings.expect(
    new Set(inCall).size === inCall.length,
    () => "manifest: an input, a context and a state share a name",
  );
  for (const { name, dtype, bound } of inputs) {
    findings.expect(
      dtype === "real" || typeof bound === "string" || (bound ?? 0) > 0,
      () => `manifest: the index ${name} has no bound`,
    );
  }
}

function checkText(
  { target }: Manifest,
  { usesWebAssembly }: ModuleText,
  wasm: Uint8Array | undefined,
  findings: CheckFindings,
): void {
  // Kernels in the text are encoded by the compiler's own rules; that they are valid shows when an instance is made.
  findings.expect(
    usesWebAssembly === (target !== "js"),
    () =>
      `the manifest says target ${JSON.stringify(target)}, and the module ${usesWebAssembly ? "uses" : "does not use"} WebAssembly`,
  );
  if (wasm === undefined) return;
  findings.expect(
    WebAssembly.validate(wasm as Uint8Array<ArrayBuffer>),
    () => "the .wasm file is no valid WebAssembly",
  );
}

/** Names, types and lengths of everything that calls give, and which functions there are. */
export function checkShapes({ manifest, instance, call }: Context, findings: CheckFindings): void {
  const { dtype, has, states, params, fixed = [], outputs } = manifest;
  const real = dtype === "f64" ? Float64Array : Float32Array;
  const expectTensors = (what: string, entries: readonly TensorEntry[], given: unknown): void => {
    const found = given as Readonly<Record<string, unknown>>;
    for (const entry of entries) {
      const values = found[entry.name];
      const length = countNumbers(entry, call);
      const kind = "dtype" in entry && entry.dtype === "index" ? Int32Array : real;
      findings.expect(values instanceof kind && values.length === length, () => {
        const got = ArrayBuffer.isView(values)
          ? `${values.constructor.name} of ${(values as Float64Array).length}`
          : typeof values;
        return `${what} ${entry.name} must be a ${kind.name} of ${length} numbers, got ${got}`;
      });
    }
  };
  const expectNames = (what: string, given: object, names: readonly string[]): void => {
    const found = Object.keys(given).sort().join(", ");
    const wanted = [...names].sort().join(", ");
    findings.expect(
      found === wanted,
      () => `${what} has ${found || "nothing"}, the manifest says ${wanted || "nothing"}`,
    );
  };
  const named = (entries: readonly TensorEntry[]): string[] => entries.map(({ name }) => name);
  expectNames("params", instance.params, named(params));
  expectTensors("parameter", params, instance.params);
  expectNames("fixed", instance.fixed ?? {}, named(fixed));
  expectTensors("fixed value", fixed, instance.fixed ?? {});
  const result = instance.forward(valuesOf(manifest, call));
  expectNames("forward", result, [...named(outputs), "final", ...(toldSizes(manifest).length > 0 ? ["sizes"] : [])]);
  expectTensors("output", outputs, result);
  expectTensors("final state", states, result.final);
  if (has.gradient) {
    const gradient = instance.backward?.(cotangentsOf(call)) as NonNullable<
      ReturnType<NonNullable<ModuleInstance["backward"]>>
    >;
    const data = Object.values(dataInGradient(manifest)).flat();
    expectNames("backward", gradient, [
      ...named(data),
      "initial",
      "params",
      ...(params.some(({ rows }) => rows) ? ["sparse"] : []),
    ]);
    expectTensors("gradient", data, gradient);
    expectTensors("gradient of the initial state", realStates(manifest), gradient.initial);
    expectTensors("gradient of the parameter", params, gradient.params);
  }
  checkParts(manifest, instance, call, findings);
}

/** Functions that the manifest denies must refuse to run. */
function checkParts(
  { has, ...manifest }: Manifest,
  instance: ModuleInstance,
  call: DirectedCall,
  findings: CheckFindings,
): void {
  const values = valuesOf({ ...manifest, has }, call);
  const attempts = [
    ["step", has.step, () => instance.reset(startOf({ ...manifest, has }, call))],
    ["backward", has.gradient !== false, () => instance.backward?.({})],
    ["jvp", has.jvp, () => instance.jvp?.(values, {})],
    ["hvp", has.hvp, () => instance.hvp?.(values, {}, {})],
  ] as const;
  for (const [name, expected, run] of attempts) {
    let works = typeof instance[name] === "function";
    if (works) {
      try {
        run();
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        works = false;
      }
    }
    findings.expect(
      works === expected,
      () => `the manifest says that there is ${expected ? "a" : "no"} ${name}, and there is ${works ? "one" : "none"}`,
    );
  }
}
