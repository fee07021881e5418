/** `use lower = LSTM(I, H)`: instances with their dimensions and real parameters. */
import { suggestion } from "./suggestion.js";
import { standardHomeOf } from "../std/sources.js";
import type { Expression, UseNode } from "../syntax/ast.js";
import type { Dim } from "../../base/types/dim.js";
import type { Checker } from "./checker.js";
import { inferConstant } from "./constants.js";
import { sizeOf } from "./dimension-expressions.js";
import { matchArguments } from "./match-arguments.js";
import { takeOver } from "./take-over.js";
import type { TypedExpression, TypedInstance } from "./typed-program.js";

/** What a used cell adds to the nesting. */
const levelsOfUse = 5;

/** Undefined where something was reported, here or in the used cell. */
export function resolveUse(checker: Checker, node: UseNode): TypedInstance | undefined {
  const name = node.cell.text;
  const entry = checker.scope.module.entries.get(name);
  checker.scope.module.used.add(name);
  if (entry === undefined || (entry.declaration !== undefined && entry.declaration.kind !== "cell")) {
    const cells = [...checker.scope.module.entries].filter(([, { declaration }]) => declaration?.kind === "cell");
    const names = cells.map(([text]) => text);
    const message = entry === undefined ? `there is no cell \`${name}\`` : `\`${name}\` is a function, not a cell`;
    const help = suggestion(name, names) ?? `import it: \`import { ${name} } from "${standardHomeOf(name) ?? "…"}"\``;
    checker.report("unknown-cell", node.cell.span, message, {
      help: entry === undefined ? help : `call it: \`${name}(…)\``,
    });
    return undefined;
  }
  const cell = entry.declaration === undefined ? undefined : checker.known.cells.get(entry.declaration);
  const parameters = entry.declaration?.node.parameters ?? [];
  const matched =
    entry.declaration &&
    matchArguments(
      node.arguments,
      parameters.map((parameter) => ({
        name: parameter.name.text,
        ...(parameter.defaultValue !== undefined && { optional: true }),
      })),
      `cell \`${name}\``,
      node.span,
      checker.collector,
    );
  if (matched === undefined) return undefined;
  const dimensions = new Map<string, Dim>();
  const reals = new Map<string, TypedExpression>();
  let isComplete = true;
  for (const [i, argument] of matched.entries()) {
    const parameter = parameters[i];
    if (parameter === undefined || argument === undefined) continue;
    const text = parameter.name.text;
    if (parameter.type === "dimension") {
      const dim = fixedSizeOf(checker, argument.value);
      if (dim === undefined) isComplete = false;
      else dimensions.set(text, dim);
    } else {
      const value = inferConstant(checker, argument.value);
      if (value === undefined) isComplete = false;
      else reals.set(text, value);
    }
  }
  if (!isComplete || cell === undefined || !cell.sound) return undefined;
  checker.addExtent(cell.extent, node.cell.span, levelsOfUse);
  const instance = { name: node.name.text, span: node.name.span, cell, dimensions, reals };
  return takeOver(checker, instance.cell, instance.dimensions, node.span) ? instance : undefined;
}

function fixedSizeOf(checker: Checker, expression: Expression): Dim | undefined {
  const dim = sizeOf(checker, expression);
  const symbol = dim && checker.runtimeSymbol(dim);
  if (symbol === undefined) return dim;
  checker.report("run-time-dimension", expression.span, `\`${symbol}\` is known at run time only`, {
    help: "dimensions of a used cell are fixed when it is compiled; contexts bring run-time dimensions along",
  });
  return undefined;
}
