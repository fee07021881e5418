/** Dimensions out of their text. */
import type { Dim } from "../../compiler/base/types/dim.js";
import { parseDim } from "../../compiler/base/types/parse-dim.js";
import { LineTokens, linesOf } from "../../compiler/ir/kernel/parse-lines.js";

export function dim(text: string): Dim {
  const tokens = new LineTokens(linesOf(text)[0]!);
  const found = parseDim(tokens);
  tokens.end();
  return found;
}
