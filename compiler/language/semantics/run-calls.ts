/** Calls in a network: each is a run with states of its own, which are called by the used cell or by the equation. */
import type { CallNode, EquationNode, Expression, OutputNode } from "../syntax/ast.js";
import { forEachPart } from "./expression-parts.js";
import type { TypedInstance } from "./typed-program.js";

export interface RunCalls {
  /** The call that an equation is, by its name. */
  readonly byEquation: ReadonlyMap<string, CallNode>;
  /** What the states of a call are called by; calls of a used cell with several calls that no equation names have no name. */
  readonly names: ReadonlyMap<CallNode, string>;
  /** Where every call stands: its name, or else the equation and what is called. */
  readonly paths: ReadonlyMap<CallNode, string>;
}

/** The call whose value, or one of whose outputs, an expression is. */
function callIn(value: Expression): CallNode | undefined {
  if (value.kind === "indexed") return undefined;
  const root = value.kind === "member" ? value.object : value;
  return root.kind === "call" ? root : undefined;
}

/** As they are found. */
type FoundCalls = {
  readonly [K in keyof RunCalls]: RunCalls[K] extends ReadonlyMap<infer Key, infer Value> ? Map<Key, Value> : never;
};

export const noRunCalls = (): FoundCalls => ({ byEquation: new Map(), names: new Map(), paths: new Map() });

export function noteRunCalls(
  { byEquation, names, paths }: FoundCalls,
  equations: readonly (EquationNode | OutputNode)[],
  instances: ReadonlyMap<string, TypedInstance>,
): void {
  const counts = new Map<string, number>();
  const calls: CallNode[] = [];
  for (const { name, value } of equations) {
    const call = callIn(value);
    if (call !== undefined && value.kind === "call" && instances.has(call.callee.text)) byEquation.set(name.text, call);
    forEachPart(value, (part) => {
      if (part.kind !== "call" || !instances.has(part.callee.text) || calls.includes(part)) return;
      calls.push(part);
      paths.set(part, `${name.text} ${part.callee.text}`);
      counts.set(part.callee.text, (counts.get(part.callee.text) ?? 0) + 1);
    });
  }
  const equationOf = new Map([...byEquation].map(([name, call]) => [call, name]));
  for (const call of calls) {
    const { text } = call.callee;
    const isOnly = counts.get(text) === 1 || instances.get(text)?.count !== undefined;
    const name = isOnly ? text : equationOf.get(call);
    if (name === undefined) continue;
    names.set(call, name);
    paths.set(call, name);
  }
}
