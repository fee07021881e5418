/** `before(x, v)` and `after(x, v)` of an equation of a network: its elements at other places. */
import type { CallNode, Expression } from "../syntax/ast.js";
import type { CellScope } from "./scope.js";

export type ShiftName = "before" | "after";

interface ShiftOfEquation {
  readonly word: ShiftName;
  /** The equation, and where it is read. */
  readonly of: string;
  readonly operand: Expression;
}

/** Undefined where the call is another one, or of something else than an equation. */
export function shiftIn(call: CallNode, scope: CellScope): ShiftOfEquation | undefined {
  const word = call.callee.text;
  const isOwn = scope.functions.has(word) || scope.module.entries.has(word) || scope.entries.has(word);
  if (scope.form !== "network" || isOwn || (word !== "before" && word !== "after")) return undefined;
  const named = call.arguments.find(({ name }) => name?.text === "x");
  const operand = (named ?? call.arguments.find(({ name }) => name === undefined))?.value;
  if (operand?.kind !== "reference" || operand.next) return undefined;
  const kind = scope.entries.get(operand.name)?.kind;
  return kind === "equation" || kind === "output" ? { word, of: operand.name, operand } : undefined;
}
