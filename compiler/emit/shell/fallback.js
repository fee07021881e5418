// WebAssembly where the host compiles it, and JavaScript where not.
import { describe } from "./check.js";
import { createInstance } from "./instantiate.js";

/** @import { Capacity, Kernels, Manifest, OptionalParts, WasmSource } from "./instance-parts.js" */

/**
 * The exports `instantiate` and `instantiateAsync` of a module with both kinds of kernels. The kernels are known to be
 * right, so whatever keeps them from being compiled is the host's: it has no WebAssembly, a policy forbids it, it is too
 * old for vectors. What goes wrong after that, memory above all, would in JavaScript too.
 * @param {Manifest} manifest
 * @param {{ instantiate(options: object): object, instantiateAsync(options: object): Promise<object> }} wasm
 * @param {WasmSource} source
 * @param {{ createKernels: (capacity: Capacity) => Kernels, workspaceBytes: (capacity: Capacity) => number }} js
 * @param {OptionalParts} parts
 */
export function withFallback(manifest, wasm, source, js, parts) {
  /** @param {Record<string, unknown>} options */
  const inJavaScript = (options) => createInstance(manifest, js.createKernels, js.workspaceBytes, parts, options);

  /** What the caller wants to run. @param {Record<string, unknown>} options */
  const asked = (options) => {
    const variant = options?.["variant"];
    if (variant === undefined || variant === "js" || variant === "wasm") return variant;
    throw new TypeError(`instantiate: variant must be "js" or "wasm", got ${describe(variant)}`);
  };

  return {
    /** @param {Record<string, unknown>} options */
    instantiate(options) {
      const variant = asked(options);
      if (variant === "js") return inJavaScript(options);
      try {
        if (variant === undefined) source.compile(undefined);
      } catch {
        return inJavaScript(options);
      }
      return wasm.instantiate(options);
    },
    /** @param {Record<string, unknown>} options */
    async instantiateAsync(options) {
      const variant = asked(options);
      if (variant === "js") return inJavaScript(options);
      try {
        if (variant === undefined) await source.compileAsync(undefined);
      } catch {
        return inJavaScript(options);
      }
      return wasm.instantiateAsync(options);
    },
  };
}
