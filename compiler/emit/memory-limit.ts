/** The memory that WebAssembly can address, and modules that need more. */
import type { ModuleOptions } from "./manifest.js";

/** Addresses have 32 bits. */
export const addressableBytes = 2 ** 32;

/** No instance of the module could be made: a matter of sizes, not of the source's form. */
export class MemoryLimitError extends RangeError {
  override readonly name = "MemoryLimitError";
  readonly help: string;

  constructor(bytes: number, options: Pick<ModuleOptions, "dtype" | "gradient" | "jvp" | "hvp">) {
    super(`the smallest instance takes ${bytes} bytes, more than the ${addressableBytes} that WebAssembly can address`);
    const ways = [
      "smaller sizes",
      "the target js",
      ...(options.gradient || options.jvp || options.hvp ? ["a module without derivatives"] : []),
      ...(options.dtype === "f64" ? ["dtype f32"] : []),
    ];
    this.help = `what takes less, or has no such limit: ${ways.join(", ")}`;
  }
}
