// Kernels in a file beside the module, which the caller loads and gives as the option `wasm`.
import { describe } from "./check.js";

/** @import { Variant, WasmSource } from "./instance-parts.js" */

/**
 * A digest of bytes, as the compiler makes it.
 * @param {Uint8Array} bytes
 */
function digestOf(bytes) {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(((b << 5) | (b >>> 27)) ^ byte, 0x85ebca6b);
  }
  /** @param {number} half */
  const print = (half) => (half >>> 0).toString(16).padStart(8, "0");
  return print(a) + print(b);
}

/**
 * @param {string} build of the module
 * @param {Readonly<Record<string, string>>} digests of the files of this build, by their variant
 * @returns {WasmSource}
 */
export function fromFile(build, digests) {
  const where = "instantiate: wasm";
  /** @type {(value: unknown, name: string) => boolean} */
  const is = (value, name) => Object.prototype.toString.call(value) === `[object ${name}]`;

  /**
   * @param {WebAssembly.Module} module
   * @param {Uint8Array} [bytes] what it was compiled from, where that is known
   */
  const identify = (module, bytes) => {
    const section = new Uint8Array(WebAssembly.Module.customSections(module, "recell")[0] ?? new ArrayBuffer(0));
    const mark = String.fromCharCode(...section.subarray(0, 64));
    const variant = /** @type {Variant | undefined} */ (
      Object.keys(digests).find((name) => mark === `${build} ${name}`)
    );
    if (variant === undefined) {
      const other = /^[\da-f]{16} /.test(mark) ? `is of build ${mark.slice(0, 16)}` : "names no build";
      throw new TypeError(
        `${where} is not the file that was built with this module, which is of build ${build}; the file ${other}`,
      );
    }
    if (bytes !== undefined && digestOf(bytes) !== digests[variant]) {
      throw new TypeError(`${where} is damaged: its bytes are not those of build ${build}`);
    }
    return { module, variant };
  };

  /**
   * A compiled module as it is, anything else as bytes.
   * @param {unknown} value
   * @returns {WebAssembly.Module | Uint8Array}
   */
  const read = (value) => {
    if (is(value, "WebAssembly.Module")) {
      return /** @type {WebAssembly.Module} */ (value);
    }
    if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    if (is(value, "ArrayBuffer")) return new Uint8Array(/** @type {ArrayBuffer} */ (value));
    const more = is(value, "Response") || is(value, "Promise") ? ", which only instantiateAsync takes" : "";
    throw new TypeError(
      `${where} must be the .wasm file of this module, a WebAssembly.Module or its bytes; got ${describe(value)}${more}`,
    );
  };

  return {
    compile(given) {
      const found = read(given);
      return found instanceof Uint8Array ? identify(new WebAssembly.Module(found), found) : identify(found);
    },
    async compileAsync(given) {
      let value = await given;
      if (is(value, "Response")) {
        const response = /** @type {{ ok: boolean, status: number, arrayBuffer(): Promise<ArrayBuffer> }} */ (value);
        if (!response.ok) throw new TypeError(`${where}: the response has status ${response.status}`);
        value = await response.arrayBuffer();
      }
      const found = read(value);
      return found instanceof Uint8Array ? identify(await WebAssembly.compile(found), found) : identify(found);
    },
  };
}
