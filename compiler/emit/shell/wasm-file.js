// Kernels in a file beside the module, which the caller loads and gives as the option `wasm`.
import { describe } from "./check.js";

/** @import { Variant, WasmSource } from "./types.js" */

/**
 * @param {Readonly<Record<string, Variant>>} variants of the files that belong to this module, by their mark
 * @returns {WasmSource}
 */
export function fromFile(variants) {
  const where = "instantiate: wasm";
  /** @type {(value: unknown, name: string) => boolean} */
  const is = (value, name) => Object.prototype.toString.call(value) === `[object ${name}]`;

  /** @param {WebAssembly.Module} module */
  const identify = (module) => {
    const mark = new Uint8Array(WebAssembly.Module.customSections(module, "recell")[0] ?? new ArrayBuffer(0));
    const variant = variants[String.fromCharCode(...mark)];
    if (variant === undefined) throw new TypeError(`${where} is not the file that was built with this module`);
    return { module, variant };
  };

  /**
   * A compiled module as it is, anything else as bytes.
   * @param {unknown} value
   * @returns {{ readonly module?: WebAssembly.Module, readonly bytes: ArrayBufferView }}
   */
  const read = (value) => {
    if (is(value, "WebAssembly.Module")) {
      return { module: /** @type {WebAssembly.Module} */ (value), bytes: new Uint8Array() };
    }
    if (ArrayBuffer.isView(value)) return { bytes: value };
    if (is(value, "ArrayBuffer")) return { bytes: new Uint8Array(/** @type {ArrayBuffer} */ (value)) };
    const more = is(value, "Response") || is(value, "Promise") ? ", which only instantiateAsync takes" : "";
    throw new TypeError(
      `${where} must be the .wasm file of this module, a WebAssembly.Module or its bytes; got ${describe(value)}${more}`,
    );
  };

  return {
    compile(given) {
      const { module, bytes } = read(given);
      return identify(module ?? new WebAssembly.Module(bytes));
    },
    async compileAsync(given) {
      let value = await given;
      if (is(value, "Response")) {
        const response = /** @type {{ ok: boolean, status: number, arrayBuffer(): Promise<ArrayBuffer> }} */ (value);
        if (!response.ok) throw new TypeError(`${where}: the response has status ${response.status}`);
        value = await response.arrayBuffer();
      }
      const { module, bytes } = read(value);
      return identify(module ?? (await WebAssembly.compile(bytes)));
    },
  };
}
