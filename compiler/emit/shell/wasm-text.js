// Kernels that are in the module itself, as text.

/** @import { Variant, WasmSource } from "./instance-parts.js" */

/**
 * Decodes bytes that were written as printable characters, from 253 on: a space or `!` adds to the byte after it.
 * @param {string} text
 */
export function decode(text) {
  const bytes = [];
  let high = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 34) high = 91 * (code - 31);
    else {
      bytes.push(code - (code > 92 ? 39 : 38) + high);
      high = 0;
    }
  }
  return new Uint8Array(bytes);
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
      module ??= new WebAssembly.Module(decode(text));
      return { module, variant };
    },
    async compileAsync() {
      module ??= await WebAssembly.compile(decode(text));
      return { module, variant };
    },
  };
}
