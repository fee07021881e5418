/** `Q, R = qr(A)`, `qr(A).Q`: several values of one call, which is checked and computed once. */
import type { CallNode, GroupNode, MemberNode, Name, ResultValueNode } from "../../syntax/ast.js";
import type { Checker } from "../checker.js";
import type { TypedExpression } from "../typed-program.js";
import { functionNamed, resultsOfCall } from "./calls.js";
import { gradientsOf } from "./inner-gradient.js";

/** The value of one of the names. */
export function inferResult(checker: Checker, { call, names, position, span }: ResultValueNode): TypedExpression {
  const results = resultsOnce(checker, call, () => {
    const found = severalOf(checker, call);
    return found !== undefined && checkNames(checker, call, names, found.length) ? found : undefined;
  });
  return results?.[position] ?? checker.error(span);
}

/** `qr(A).Q`; undefined where it is no call of a function with several results. */
export function inferResultMember(
  checker: Checker,
  { object, member, next, span }: MemberNode,
): TypedExpression | undefined {
  if (object.kind !== "call" || checker.scope.entries.get(object.callee.text)?.kind === "instance") return undefined;
  const fn = functionNamed(checker, object.callee.text);
  if (fn?.kind !== "function" || fn.node.results.length === 1) return undefined;
  const names = fn.node.results.map(({ name }) => name?.text ?? "");
  const results = resultsOnce(checker, object, () => resultsOfCall(checker, object, fn));
  if (results === undefined) return checker.error(span);
  const result = next ? undefined : results[names.indexOf(member.text)];
  if (result !== undefined) return result;
  checker.report(
    "unknown-member",
    member.span,
    `\`${object.callee.text}\` has no result \`${member.text}${next ? "'" : ""}\``,
    {
      help: `it has ${names.map((name) => `\`${name}\``).join(", ")}`,
    },
  );
  return checker.error(span);
}

/** `(A, B)` where it is not expected. */
export function refuseGroup(checker: Checker, { span }: GroupNode): TypedExpression {
  checker.report("bad-argument", span, "several values in parentheses are what a `gradient` is taken by", {
    help: "a list of values stands in brackets: `[a, b]`",
  });
  return checker.error(span);
}

type SeveralValues = readonly TypedExpression[] | undefined;

function resultsOnce({ results }: Checker, call: CallNode, find: () => SeveralValues): SeveralValues {
  if (!results.has(call)) results.set(call, find());
  return results.get(call);
}

function severalOf(checker: Checker, call: CallNode): SeveralValues {
  const { scope } = checker;
  const { text } = call.callee;
  const entry = scope.entries.get(text);
  const fn =
    entry?.kind === "instance" || entry?.kind === "function-parameter" ? undefined : functionNamed(checker, text);
  if (fn?.kind === "function") return resultsOfCall(checker, call, fn);
  if (entry === undefined && fn === undefined && text === "gradient") return gradientsOf(checker, call);
  if (entry?.kind === "instance") {
    scope.used.add(text);
    checker.report("misplaced-rounds", call.span, "several names stand for the outputs of a used cell", {
      help: `name the call, \`u = ${text}(…)\`: its outputs have names themselves, \`u.alpha\``,
    });
    return undefined;
  }
  const value = checker.infer(call);
  return value.type.kind === "error" ? undefined : [value];
}

function checkNames(checker: Checker, { callee, span }: CallNode, names: readonly Name[], count: number): boolean {
  if (names.length === count) return true;
  const [first, last] = [names[0]?.span ?? span, names[names.length - 1]?.span ?? span];
  const results = count === 1 ? "one result" : `${count} results`;
  checker.report(
    "wrong-arity",
    { ...first, end: last.end },
    `${names.length} names for ${results} of \`${callee.text}\``,
    {
      help: count === 1 ? "one name stands for it" : "a name for each result, in their order",
    },
  );
  return false;
}
