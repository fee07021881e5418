/** Arguments by position or by name to the parameters they are for. */
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import { suggestion } from "./suggestion.js";
import type { Span } from "../../base/source/span.js";
import type { ArgumentNode, CallNode } from "../syntax/ast.js";
import type { Parameter } from "./parameters.js";

/** One entry a parameter, undefined for an optional one that was not given; undefined where something was reported. */
export function matchArguments(
  given: readonly ArgumentNode[],
  parameters: readonly Parameter[],
  callee: string,
  span: Span,
  collector: DiagnosticCollector,
): (ArgumentNode | undefined)[] | undefined {
  const matched = new Array<ArgumentNode | undefined>(parameters.length).fill(undefined);
  const usage = `${callee} takes ${parameters.length === 0 ? "no arguments" : `(${describe(parameters)})`}`;
  const places = parameters.filter(({ named }) => named !== true).length;
  let position = 0;
  let failed = false;
  for (const argument of given) {
    const name = argument.name?.text;
    const index = name === undefined ? position++ : parameters.findIndex((parameter) => parameter.name === name);
    if (index < 0) {
      failed = true;
      const names = parameters.map((parameter) => parameter.name);
      collector.report(
        "unknown-argument",
        argument.name?.span ?? argument.span,
        `${callee} has no argument \`${name}\``,
        {
          help: argumentElsewhere(name ?? "", names) ?? suggestion(name ?? "", names) ?? usage,
        },
      );
    } else if (name === undefined && index >= places) {
      collector.report("wrong-arity", argument.span, `too many arguments for ${callee}`, { help: usage });
      return undefined;
    } else if (matched[index] !== undefined) {
      failed = true;
      collector.report("wrong-arity", argument.span, `\`${parameters[index]?.name}\` is given twice`, { help: usage });
    } else matched[index] = argument;
  }
  if (failed) return undefined;
  const missing = parameters.filter((parameter, i) => parameter.optional !== true && matched[i] === undefined);
  if (missing.length > 0) {
    const names = missing.map((parameter) => `\`${parameter.name}\``).join(", ");
    collector.report("wrong-arity", span, `${callee} needs ${names}`, { help: usage });
    return undefined;
  }
  return matched;
}

/** Of a function of the language. */
export function matchBuiltin(
  { arguments: given, callee, span }: CallNode,
  parameters: readonly Parameter[],
  collector: DiagnosticCollector,
): (ArgumentNode | undefined)[] | undefined {
  return matchArguments(given, parameters, `\`${callee.text}\``, span, collector);
}

/** What arguments are called elsewhere. */
function argumentElsewhere(name: string, names: readonly string[]): string | undefined {
  if (names.includes("low") && /^(?:min|max|a_min|a_max|lower|upper)$/u.test(name))
    return "a bound below alone is `max(x, 0)`, one above `min(x, 1)`, and both are `clamp(x, 0, 1)`";
  if (!names.includes("axis")) return undefined;
  if (/^(?:dims?|axes|along|d)$/u.test(name)) return "here it is called `axis`: `axis = 0`, `axis = -1` or `axis = N`";
  return /^keep_?dims?$/u.test(name) ? "the axis is put back by `new`: `sum(A, axis = 1)[:, new]`" : undefined;
}

function describe(parameters: readonly Parameter[]): string {
  return parameters.map(({ name, optional }) => (optional === true ? `${name} = …` : name)).join(", ");
}
