import type { FunctionCode, Local } from "../../assembler/function-code.js";

/** `body` inside of `depth` loops that never repeat: `zero` is always 0. Without such a local, `body` alone. */
export function fillLoops(code: FunctionCode, zero: Local | undefined, depth: number, body: () => void): void {
  if (zero === undefined || depth <= 0) body();
  else {
    code.loop((again) => {
      fillLoops(code, zero, depth - 1, body);
      code.get(zero).brIf(again);
    });
  }
}
