// Kernels that are in the module itself, as text.

/** @import { Variant, WasmSource } from "./types.js" */

/**
 * Decodes base64. Not every place that runs modules has `atob`.
 * @param {string} text without padding
 */
export function decodeBase64(text) {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const bytes = new Uint8Array((text.length * 3) >> 2);
  let bits = 0;
  for (let i = 0, at = 0; i < text.length; i++) {
    bits = (bits << 6) | digits.indexOf(/** @type {string} */ (text[i]));
    if (i & 3) bytes[at++] = bits >> (6 - 2 * (i & 3));
  }
  return bytes;
}

/**
 * Compiles the kernels once, when the first instance is made.
 * @param {string} text
 * @param {Variant} variant
 * @returns {WasmSource}
 */
export function fromText(text, variant) {
  /** @type {WebAssembly.Module | undefined} */
  let module;
  return {
    compile() {
      module ??= new WebAssembly.Module(decodeBase64(text));
      return { module, variant };
    },
    async compileAsync() {
      module ??= await WebAssembly.compile(decodeBase64(text));
      return { module, variant };
    },
  };
}
