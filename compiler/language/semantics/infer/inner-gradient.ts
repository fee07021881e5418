/** `gradient(e, by = W)`, `gradient(e, by = (A, B))`: derivatives inside of a cell. */
import type { CallNode } from "../../syntax/ast.js";
import type { Checker } from "../checker.js";
import { matchArguments } from "../match-arguments.js";
import { wordsFor } from "../scope.js";
import { axesOf, printSemanticType, type SemanticType } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";

export function inferGradient(checker: Checker, node: CallNode): TypedExpression {
  const [gradient, ...others] = gradientsOf(checker, node) ?? [];
  if (gradient === undefined) return checker.error(node.span);
  if (others.length === 0) return gradient;
  const count = others.length + 1;
  checker.report("several-outputs", node.span, `\`gradient\` by ${count} values is ${count} values, not one`, {
    help: "give each a name: `dA, dB = gradient(e, by = (A, B))`",
  });
  return checker.error(node.span);
}

/** One for each value that `by` has; undefined where something was reported. */
export function gradientsOf(checker: Checker, node: CallNode): readonly TypedExpression[] | undefined {
  const parameters = [{ name: "e" }, { name: "by" }];
  const [e, by] = matchArguments(node.arguments, parameters, "`gradient`", node.span, checker.collector) ?? [];
  if (e === undefined || by === undefined) return undefined;
  if ([...checker.indices.values()].some(({ ofRounds }) => ofRounds !== true)) {
    checker.report("bad-argument", node.span, "`gradient` stands in no index equation", {
      help: "give it to a function that is called there, or name it before",
    });
    return undefined;
  }
  const value = checker.infer(e.value);
  const items = by.value.kind === "group" ? by.value.items : [by.value];
  const independent = items.map((item) => checker.infer(item));
  if ([value, ...independent].some(({ type }) => type.kind === "error")) return undefined;
  if (value.type.kind !== "real" || axesOf(value.type).length > 0) {
    const message = `\`gradient\` is of a number, this is ${printSemanticType(value.type)}`;
    checker.report("shape-mismatch", value.span, message, {
      help: "sum it, or take the gradient of each element in a function of its own",
    });
    return undefined;
  }
  if (!independent.every((one) => isIndependent(checker, one))) return undefined;
  const of = { value, by: independent };
  return independent.map(({ type }, position) => ({ kind: "gradient", of, position, span: node.span, type }));
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
  const isNamed = kind === "value" || kind === "next" || kind === "member" || kind === "round-value";
  if (isNamed && type.kind === "real") return true;
  checker.report(
    "bad-argument",
    span,
    isNamed ? `there is no derivative by ${printSemanticType(type)}` : "this has no name",
    {
      help: isNamed ? helpByParts(type) : "give it a name: `u = …`, `gradient(e, by = u)`, and let `e` be made of `u`",
    },
  );
  return false;
}

const helpByParts = ({ kind }: SemanticType): string | undefined =>
  kind === "complex"
    ? "by its parts: `a = re(z)`, `b = im(z)`, `ga, gb = gradient(e, by = (a, b))`, and let `e` be made of `a` and `b`"
    : undefined;
