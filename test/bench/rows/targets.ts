/** Which targets this version of recell compiles to. */
import { compile, type CompileOptions, CompileOptionsError } from "../../../compiler/index.js";

const probe = "cell Probe { input x: [1]\n output y = x }";

export function hasWasm(): boolean {
  try {
    compile(probe, { target: "wasm" } as unknown as CompileOptions);
    return true;
  } catch (error) {
    if (error instanceof CompileOptionsError) return false;
    throw error;
  }
}

/** The best target there is. */
export const bestTarget = (): CompileOptions => ({ target: hasWasm() ? "wasm" : "js" }) as unknown as CompileOptions;

export const targetNames = (): string[] => (hasWasm() ? ["js", "wasm"] : ["js"]);
