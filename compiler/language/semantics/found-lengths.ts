/** Lengths that values tell, `over L <= N until c`: those of a network's own equations, and of networks that it calls. */
import { dimConstant, dimSymbol, equalDims, printDim, subtractDims, symbolsOf } from "../../base/types/dim.js";
import type { CallNode, Expression } from "../syntax/ast.js";
import type { Checker } from "./checker.js";
import { dimensionOf } from "./dimension-expressions.js";
import { forEachPart } from "./expression-parts.js";
import type { CellScope, FoundLength } from "./scope.js";
import { axesOf } from "./semantic-type.js";
import type { TypedFound, TypedLoop } from "./typed-networks.js";
import type { TypedNode } from "./typed-program.js";

const writtenMost = ({ most }: FoundLength): Expression | undefined => ("kind" in most ? most : undefined);

/** A length that values tell is at most what it says. */
export function boundLengths(checker: Checker): void {
  for (const [name, { found, span }] of checker.scope.entries) {
    const written = found && writtenMost(found);
    const most = written && dimensionOf(checker, written);
    if (most === undefined) continue;
    checker.scope.used.add(name);
    const [symbol = ""] = symbolsOf(most);
    const given = checker.scope.entries.get(symbol);
    if (given?.runtime !== true || given.found !== undefined || !equalDims(most, dimSymbol(symbol))) {
      const message = `a length is at most a dimension that calls give, and not \`${printDim(most)}\``;
      checker.report("run-time-dimension", written?.span ?? span, message, {
        help: `\`network Name(…; N)\` and \`over ${name} <= N\``,
      });
    } else checker.bounds.facts.push(subtractDims(most, dimSymbol(name)));
  }
}

/** The lengths that the values of a network tell. */
function ofEquations(checker: Checker): readonly TypedFound[] {
  return [...checker.scope.entries].flatMap(([symbol, { found, span }]): TypedFound[] => {
    const written = found && writtenMost(found);
    const most = written && dimensionOf(checker, written);
    const type = found && checker.scope.types.get(found.key);
    if (found === undefined || most === undefined || type === undefined || type.kind === "error") return [];
    if (axesOf(type).length !== 1) {
      checker.report("shape-mismatch", span, "`until` is followed by one truth value for each place", {
        help: "`until said[t] == eos`",
      });
      return [];
    }
    return [{ symbol, most, key: found.key, span }];
  });
}

/** The same of networks that are called in equations that are `needed`; their ends become `nodes`. */
function ofCalls(
  { checker, scope: { equations }, nodes }: LengthsIn,
  needed: ReadonlySet<string>,
): readonly TypedFound[] {
  const { instances } = checker.instances;
  const written = equations.filter(({ name }) => needed.has(name.text));
  const calls = new Set<CallNode>();
  for (const { value } of written) forEachPart(value, (part) => (part.kind === "call" ? calls.add(part) : undefined));
  return [...calls].flatMap((call) => {
    const run = checker.runs.get(call);
    const cell = run && instances.get(run.instance)?.cell;
    return (cell?.found ?? []).flatMap(({ symbol }): TypedFound[] => {
      const [own = ""] = symbolsOf(run?.call.runtimeDimensions.get(symbol) ?? dimConstant(0));
      const { found } = checker.scope.entries.get(own) ?? {};
      if (run === undefined || found === undefined || "kind" in found.most) return [];
      const type = { kind: "bool", axes: [{ dim: dimSymbol(own), source: undefined }] } as const;
      const read = { what: "end", name: symbol } as const;
      nodes.set(found.key, { key: found.key, name: own, span: run.span, value: { kind: "run", run, read, span: run.span, type } }); // prettier-ignore
      return [{ symbol: own, most: found.most, key: found.key, span: run.span }];
    });
  });
}

interface LengthsIn {
  readonly checker: Checker;
  readonly scope: CellScope;
  readonly loops: readonly TypedLoop[];
  /** To which ends of calls are added. */
  readonly nodes: Map<string, TypedNode>;
}

/** All lengths that values tell, of what a network computes in this order. */
export function lengthsOf(network: LengthsIn, order: readonly string[]): readonly TypedFound[] {
  if (network.checker.isGuessing) return [];
  const members = network.loops.flatMap((loop) => (order.includes(loop.key) ? loop.members : []));
  return [...ofEquations(network.checker), ...ofCalls(network, new Set([...order, ...members]))];
}
