/** What comes out of a call. */
import type { FloatArray, ModuleInstance } from "../../../runtime/module/compiled-module.js";
import type { Manifest } from "../../../runtime/module/manifest.js";
import { cotangentsOf, valuesOf, tangentsFrom } from "../calls/call.js";
import type { DirectedCall } from "../calls/draw-call.js";
import { emptyRecord, type Tensors } from "../calls/records.js";

/** A copy of everything a function gives: outputs and inputs by name, groups as `final h`, `params W`. */
export function flatten(result: Readonly<Record<string, unknown>>): Tensors {
  const flat = emptyRecord<Float64Array>();
  for (const [name, value] of Object.entries(result)) {
    // The numbers of `params`, once more.
    if (name === "sparse") continue;
    // `from` takes several times as long, but a number is no length to it.
    if (ArrayBuffer.isView(value)) flat[name] = new Float64Array(value as FloatArray);
    else
      for (const [inner, list] of Object.entries(value as object))
        flat[`${name} ${inner}`] = Float64Array.from(list as FloatArray);
  }
  return flat;
}

export function prefixed(prefix: string, from: Tensors): Tensors {
  const made = emptyRecord<Float64Array>();
  for (const [name, values] of Object.entries(from)) made[prefix + name] = values;
  return made;
}

export const runForward = (manifest: Manifest, instance: ModuleInstance, call: DirectedCall): Tensors =>
  flatten(instance.forward(valuesOf(manifest, call)));

/** Of the last call of `forward`. */
export const runBackward = (instance: ModuleInstance, call: DirectedCall): Tensors =>
  flatten(instance.backward?.(cotangentsOf(call)) as Record<string, unknown>);

/** What of `forward` and of the derivatives that the module has. */
export function runCall(manifest: Manifest, instance: ModuleInstance, call: DirectedCall): Tensors {
  const { has } = manifest;
  const flat = runForward(manifest, instance, call);
  if (has.gradient) Object.assign(flat, prefixed("gradient ", runBackward(instance, call)));
  if (has.jvp) {
    const tangent = instance.jvp?.(valuesOf(manifest, call), tangentsFrom(call));
    Object.assign(flat, prefixed("jvp ", flatten(tangent as Record<string, unknown>)));
  }
  if (has.hvp) {
    const product = instance.hvp?.(valuesOf(manifest, call), tangentsFrom(call), cotangentsOf(call));
    Object.assign(flat, prefixed("hvp ", flatten(product as Record<string, unknown>)));
  }
  return flat;
}
