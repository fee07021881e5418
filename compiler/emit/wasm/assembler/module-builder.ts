/** Puts functions, globals and a memory together to a module. */
import { invariant } from "../../../base/diagnostics/invariant.js";
import type { FunctionRef, GlobalRef, WasmType } from "./function-code.js";
import { FunctionCode } from "./function-code.js";
import { encodeModule } from "./encode.js";
import { nameSection } from "./function-names.js";
import type { Export, FunctionType, Global, WasmImport, MemoryLimits, WasmModule } from "./module-structure.js";

export class ModuleBuilder {
  readonly #imports: WasmImport[] = [];
  readonly #memories: MemoryLimits[] = [];
  readonly #globals: Global[] = [];
  readonly #exports: Export[] = [];
  readonly #functions: FunctionCode[] = [];

  /** The memory of all loads and stores; sizes in pages of 64 KiB. */
  importMemory(module: string, name: string, minPages: number, maxPages?: number): void {
    this.#ensureNoMemory();
    const limits = { min: minPages, ...(maxPages === undefined ? {} : { max: maxPages }) };
    this.#imports.push({ module, name, item: { kind: "memory", ...limits } });
  }

  /** A memory of the module's own, which it exports as `memory`; it may grow. */
  ownMemory(minPages: number): void {
    this.#ensureNoMemory();
    this.#memories.push({ min: minPages });
    this.#exports.push({ name: "memory", kind: "memory", index: 0 });
  }

  #ensureNoMemory(): void {
    invariant(this.#imports.length + this.#memories.length === 0, "a module has one memory");
  }

  /** A function, which others may call before its code is written; exported under its name. */
  function(
    name: string,
    params: readonly WasmType[],
    results: readonly WasmType[],
    exported: boolean,
  ): { readonly ref: FunctionRef; readonly code: FunctionCode } {
    const code = new FunctionCode(name, params, results);
    const index = this.#functions.push(code) - 1;
    if (exported) {
      invariant(!this.#exports.some((e) => e.name === name), `two exports have the name ${name}`);
      this.#exports.push({ name, kind: "function", index });
    }
    return { ref: { index, name, params, results }, code };
  }

  global(type: Exclude<WasmType, "v128">, mutable: boolean, init: number | bigint): GlobalRef {
    const code = new FunctionCode(`global ${this.#globals.length}`, [], [type]);
    if (type === "i64") code.i64(BigInt(init));
    else code[type](Number(init));
    const index = this.#globals.push({ type, mutable, init: code.finish().instructions }) - 1;
    return { index, type, mutable };
  }

  /** The module so far; its functions can no longer be changed. */
  build(options: { readonly names?: boolean } = {}): WasmModule {
    const types: FunctionType[] = [];
    const indices = new Map<string, number>();
    const functions = this.#functions.map((code) => {
      const { params, results } = code;
      const key = `${params.join()}->${results.join()}`;
      const type = indices.get(key) ?? types.push({ params, results }) - 1;
      indices.set(key, type);
      return { type, ...code.finish() };
    });
    return {
      types,
      imports: this.#imports,
      memories: this.#memories,
      globals: this.#globals,
      exports: this.#exports,
      functions,
      customSections: options.names === true ? [nameSection(this.#functions.map((f) => f.name))] : [],
    };
  }

  /** The bytes of the module, with the names of its functions for debuggers where they are wanted. */
  encode(options: { readonly names?: boolean } = {}): Uint8Array {
    return encodeModule(this.build(options));
  }
}
