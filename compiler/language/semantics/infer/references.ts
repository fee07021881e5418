/** `h`, `h'`. */
import type { ReferenceNode } from "../../syntax/ast.js";
import { dimSymbol } from "../../../base/types/dim.js";
import { builtinNames } from "../builtins.js";
import type { Checker, RoundValue } from "../checker.js";
import { drawNames } from "../initializers.js";
import { inferDraw } from "./draws.js";
import { languageConstants } from "../constants.js";
import { constantsElsewhere } from "../../syntax/other-names.js";
import { type ScopeEntry, wordsFor } from "../scope.js";
import { errorType, scalarType } from "../semantic-type.js";
import type { TypedExpression } from "../typed-program.js";

export function inferReference(checker: Checker, node: ReferenceNode): TypedExpression {
  const { name, span } = node;
  const { scope } = checker;
  const round = checker.roundValues.get(name);
  if (round !== undefined) return inferRoundValue(checker, node, round);
  const entry = scope.entries.get(name);
  const own =
    entry === undefined && !node.next && !scope.hidden.has(name) ? inferConstantOfFile(checker, node) : undefined;
  if (own !== undefined) return own;
  const constant =
    entry === undefined && !node.next && !scope.hidden.has(name) ? languageConstants.get(name) : undefined;
  if (constant !== undefined) return { kind: "number", value: constant, span, type: scalarType };
  const isDraw = drawNames.has(name) || name === "by default";
  if (entry === undefined && !node.next && checker.start !== undefined && isDraw)
    return inferDraw(checker, checker.start, { kind: "call", callee: { text: name, span }, arguments: [], span });
  if (entry === undefined) {
    reportUnknown(checker, node);
    return checker.error(span);
  }
  scope.used.add(name);
  if (node.next) return inferNext(checker, node, entry);
  switch (entry.kind) {
    case "dimension":
      return { kind: "dimension", dim: dimSymbol(name), span, type: scalarType };
    case "real":
      return { kind: "real-parameter", name, span, type: scope.types.get(name) ?? scalarType };
    case "index":
      return { kind: "position", index: name, span, type: scalarType };
    case "instance":
    case "function":
    case "function-parameter":
    case "cell":
      checker.report("not-a-value", span, `${wordsFor(entry.kind, name)} is not a value`, {
        help: `call it: \`${name}(…)\``,
      });
      return checker.error(span);
    default: {
      const type = scope.types.get(name) ?? errorType;
      if (!scope.captured.has(name)) return { kind: "value", name, span, type };
      checker.captured.add(name);
      return { kind: "captured", name, span, type };
    }
  }
}

/** One of the file, or imported; undefined where nothing of that name is there. */
function inferConstantOfFile(checker: Checker, { name, span }: ReferenceNode): TypedExpression | undefined {
  const { module } = checker.scope;
  const entry = module.entries.get(name);
  const isFailedImport = entry !== undefined && entry.declaration === undefined;
  if (entry?.declaration?.kind !== "constant" && !isFailedImport) return undefined;
  module.used.add(name);
  const fn = entry?.declaration?.kind === "constant" ? checker.known.constants.get(entry.declaration) : undefined;
  const type = fn?.results[0]?.type;
  if (fn === undefined || type === undefined) return checker.error(span);
  checker.addExtent(fn.extent, span);
  return { kind: "call", fn, arguments: [], dimensions: new Map(), functions: new Map(), span, type };
}

function inferRoundValue(checker: Checker, { name, next, span }: ReferenceNode, round: RoundValue): TypedExpression {
  if (!round.isOwn) checker.scope.used.add(name);
  if (!next || round.hasNext) return { kind: "round-value", name, next, span, type: round.type };
  checker.report("next-of-non-state", span, `\`${name}'\` is what this round gives, and is not known here`, {
    help: `\`${name}\` is the value of the round before; \`${name}'\` is read after \`until\`, and by later values of a group`,
  });
  return checker.error(span);
}

function inferNext(checker: Checker, { name, span }: ReferenceNode, entry: ScopeEntry): TypedExpression {
  if (entry.kind === "state") {
    return { kind: "next", name, span, type: checker.scope.types.get(name) ?? errorType };
  }
  if (checker.scope.contested.has(name)) return checker.error(span);
  checker.report("next-of-non-state", span, `${wordsFor(entry.kind, name)} has no next value`, {
    related: [{ span: entry.span, message: `${wordsFor(entry.kind, name)} is declared here` }],
    help: entry.kind === "instance" ? `states of it are \`${name}.h'\`` : "only states have one",
  });
  return checker.error(span);
}

function reportUnknown(checker: Checker, { name, next, span }: ReferenceNode): void {
  const { scope } = checker;
  const hidden = scope.hidden.get(name);
  const help =
    hidden !== undefined
      ? `a function does not see ${wordsFor(hidden.kind, name)}: give it what it needs as an argument`
      : builtinNames.has(name)
        ? `\`${name}\` is a function: \`${name}(…)\``
        : (constantsElsewhere.get(name) ?? checker.suggest(name, () => scope.entries.keys()));
  checker.report("unknown-name", span, `nothing is called \`${name}\`${next ? "" : " here"}`, { help });
}
