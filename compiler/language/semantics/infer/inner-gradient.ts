/** `gradient(e, by = W)`: a derivative inside of a cell. */
import type { CallNode } from "../../syntax/ast.js";
import type { Checker } from "../checker.js";
import { matchArguments } from "../match-arguments.js";
import { wordsFor } from "../scope.js";
import { axesOf, printSemanticType } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";

export function inferGradient(checker: Checker, node: CallNode): TypedExpression {
  const parameters = [{ name: "e" }, { name: "by" }];
  const [e, by] = matchArguments(node.arguments, parameters, "`gradient`", node.span, checker.collector) ?? [];
  if (e === undefined || by === undefined) return checker.error(node.span);
  if (checker.indices.size > 0) {
    checker.report("bad-argument", node.span, "`gradient` stands in no index equation and in no rounds", {
      help: "give it to a function that is called there, or name it before",
    });
    return checker.error(node.span);
  }
  const value = checker.infer(e.value);
  const independent = checker.infer(by.value);
  if (value.type.kind === "error" || independent.type.kind === "error") return checker.error(node.span);
  if (value.type.kind !== "real" || axesOf(value.type).length > 0) {
    checker.report(
      "shape-mismatch",
      value.span,
      `\`gradient\` is of a number, this is ${printSemanticType(value.type)}`,
      {
        help: "sum it, or take the gradient of each entry in a function of its own",
      },
    );
    return checker.error(node.span);
  }
  if (!isIndependent(checker, independent)) return checker.error(node.span);
  return { kind: "gradient", value, by: independent, span: node.span, type: independent.type };
}

/** A value with a name of its own, of which everything between it and the number is known here. */
function isIndependent(checker: Checker, { kind, type, span, ...node }: TypedExpression): boolean {
  if (kind === "captured") {
    const name = "name" in node ? node.name : "";
    const entry = checker.scope.entries.get(name);
    checker.report(
      "bad-argument",
      span,
      `${wordsFor(entry?.kind ?? "equation", name)} is of the cell around the function`,
      {
        help: "what depends on it outside of the function would be missed: give it as an argument",
      },
    );
    return false;
  }
  const isNamed = kind === "value" || kind === "next" || kind === "member";
  if (isNamed && type.kind === "real") return true;
  checker.report(
    "bad-argument",
    span,
    isNamed ? `there is no derivative by ${printSemanticType(type)}` : "this has no name",
    {
      help: isNamed ? undefined : "give it a name: `u = …`, `gradient(e, by = u)`, and let `e` be made of `u`",
    },
  );
  return false;
}
