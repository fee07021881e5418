/** What values have to be where they become outputs and states. */
import { dimSymbol, equalDims, printDim } from "../../base/types/dim.js";
import type { CellNode } from "../syntax/ast.js";
import { fitsInto } from "./broadcast.js";
import type { GraphNode } from "./cell-graph.js";
import type { Checker } from "./checker.js";
import { helpToFill, isNumber, isReal, placeOfAxes, placeOfAxis } from "./infer/mismatch.js";
import { checkIndexState } from "./infer/whole-numbers.js";
import { axesOf, errorType, printAxes, type SemanticType } from "./semantic-type.js";
import type { TypedExpression } from "./typed-program.js";

/** The type of an equation, or of an output, which the module has to be able to give. */
export function typeOfValue(
  checker: Checker,
  form: CellNode["form"],
  node: Pick<GraphNode, "kind">,
  value: TypedExpression,
): SemanticType {
  const { type } = value;
  if (node.kind !== "output") return type;
  if (type.kind === "complex") {
    checker.report("misplaced-complex", value.span, "an output cannot be complex", {
      help: "its parts are two outputs: `re(z)` and `im(z)`",
    });
    return errorType;
  }
  const isWhole = type.kind === "index" && form === "network";
  if (!isWhole && !isReal(checker, value)) return errorType;
  for (const { dim } of form === "network" ? [] : axesOf(type)) {
    const varying = checker.runtimeSymbol(dim);
    if (varying === undefined || equalDims(dim, dimSymbol(varying))) continue;
    checker.report("run-time-dimension", value.span, `an output cannot have the axis \`${printDim(dim)}\``, {
      help: `\`${varying}\` is known at run time only and stands alone in shapes of outputs: \`[${varying}]\``,
    });
    return errorType;
  }
  return type;
}

/** The next or the initial value must fill the state. */
export function checkStateValue(checker: Checker, node: GraphNode, value: TypedExpression): void {
  const type = checker.scope.types.get(node.name);
  const entry = checker.scope.entries.get(node.name);
  if (type === undefined || entry?.kind !== "state") return;
  if (type.kind === "index") checkIndexState(checker, node.name, type.bound, value);
  if (type.kind !== "real" && type.kind !== "complex" && type.kind !== "index") return;
  if (type.kind !== "index" && !(type.kind === "real" ? isReal : isNumber)(checker, value)) return;
  const axes = axesOf(value.type);
  if (fitsInto(axes, type.axes, checker.isRuntime)) return;
  const what = node.kind === "next" ? "next" : "initial";
  const message = `the ${what} value of \`${node.name}\` has shape ${printAxes(axes)}, the state has ${printAxes(type.axes)}`;
  checker.report("shape-mismatch", value.span, message, {
    related: [placeOfAxes(type.axes, entry.span), placeOfAxis(value, axes.length - 1)],
    help: helpToFill(checker, axes, type.axes),
  });
}
