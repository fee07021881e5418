/** A cell and its derivative as text: the cell in the language, in the spelling of formulas; the derivative in comments. */
import type { LoweredCell } from "../../program/base/lowered-cell.js";
import type { SourceFileNode } from "../../language/syntax/ast.js";
import { formulaNotation } from "../../language/syntax/notation.js";
import { printSourceFile } from "../../language/syntax/print-ast.js";
import { backwardEquations } from "./backward-equations.js";
import { printEquation } from "./print-formula.js";

/**
 * Text that can be compiled again: the cell with everything it uses, as `linked` has it, and in comments one step back in
 * time. There `∂v` is the derivative of the loss by `v`, and `∂v⁺` what is handed in for it.
 */
export function cellAsText(linked: SourceFileNode, cell: LoweredCell): string {
  const equations = backwardEquations(cell);
  const hasRounds = equations.some(({ rounds }) => rounds !== undefined);
  const comments = [
    `One step of ${cell.name} back in time. ∂v is the derivative of the loss by v, ∂v⁺ what the next step (for a state)`,
    "and the loss (for an output) hand in. Derivatives of params add up over steps and examples.",
    ...(hasRounds
      ? ["v⟨0⟩ is what rounds begin with, v⟨r + 1⟩ what round r gives; back in time they are taken from the last."]
      : []),
    "",
    ...equations.map((equation) => `  ${printEquation(equation)}`),
  ];
  const lines = comments.map((line) => `// ${line}`.trimEnd());
  return `${printSourceFile(linked, formulaNotation)}\n${lines.join("\n")}\n`;
}
