/** Expressions that are known when the module is compiled: arguments of initialisers, real parameters. */
import type { Checker } from "./checker.js";
import { printSemanticType } from "./semantic-type.js";
import type { TypedExpression } from "./typed-program.js";

/** True where the expression is a real scalar of numbers, dimensions and real parameters; reports otherwise. */
export function checkConstant(checker: Checker, expression: TypedExpression): boolean {
  if (expression.type.kind === "error") return false;
  if (expression.type.kind !== "real" || expression.type.axes.length > 0) {
    const message = `a number is expected here, this is ${printSemanticType(expression.type)}`;
    checker.report("not-a-constant", expression.span, message);
    return false;
  }
  const changing = findChanging(expression);
  if (changing === undefined) return true;
  checker.report("not-a-constant", changing.span, "this is not known when the cell is compiled", {
    help: "use numbers, dimensions and the real parameters of the cell",
  });
  return false;
}

function findChanging(root: TypedExpression): TypedExpression | undefined {
  const waiting = [root];
  for (let expression = waiting.pop(); expression !== undefined; expression = waiting.pop()) {
    switch (expression.kind) {
      case "number":
      case "dimension":
      case "real-parameter":
        break;
      case "elementwise":
        waiting.push(...expression.operands);
        break;
      case "call":
        waiting.push(...expression.arguments);
        break;
      default:
        return expression;
    }
  }
  return undefined;
}
