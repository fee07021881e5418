/** What the tests need of the host's WebAssembly, which the libraries without a DOM do not declare. */
import { setFlagsFromString } from "node:v8";

interface Engine {
  validate(bytes: Uint8Array): boolean;
  Memory: new (limits: { initial: number }) => { readonly buffer: ArrayBuffer };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> };
}

const engine = (globalThis as unknown as { readonly WebAssembly: Engine }).WebAssembly;

export function validate(bytes: Uint8Array): boolean {
  return engine.validate(bytes);
}

/** Whether the host runs the module, if need be with relaxed SIMD switched on, which Node 20 does not do by itself. */
export function validateRelaxed(bytes: Uint8Array): boolean {
  if (!validate(bytes)) setFlagsFromString("--experimental-wasm-relaxed-simd");
  return validate(bytes);
}

export type Run = (...args: number[]) => number;

/** What a module that imports nothing exports. */
export function exportsOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  return new engine.Instance(new engine.Module(bytes), {}).exports;
}

/** The function `run` of a module and the memory that it imports. */
export function instantiate(bytes: Uint8Array, pages = 1): { readonly run: Run; readonly memory: ArrayBuffer } {
  const memory = new engine.Memory({ initial: pages });
  const { exports } = new engine.Instance(new engine.Module(bytes), { env: { memory } });
  return { run: exports["run"] as Run, memory: memory.buffer };
}
