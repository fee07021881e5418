/** How params begin that do not begin with a number or a draw alone: `~ log(uniform(1, 16))`, `param A[_, n]: [E, N] ~ log(n + 1)`. */
import { at, lookUp } from "../../base/at.js";
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import type { Span } from "../../base/source/span.js";
import type { BinderNode, DeclaredName, Expression } from "../syntax/ast.js";
import { fitsInto } from "./broadcast.js";
import type { BoundIndex, Checker } from "./checker.js";
import type { GraphNode } from "./cell-graph.js";
import { isPlainStart, reportOnePart } from "./complex-initializer.js";
import { forEachPart } from "./expression-parts.js";
import { bind } from "./infer/indexed.js";
import { wholeNumbersOfAll } from "./infer/whole-ranges.js";
import { isIndex, numberOf } from "./infer/whole-numbers.js";
import { helpToFill, isReal, placeOfAxes, placeOfAxis } from "./infer/mismatch.js";
import { initialKey } from "./node-keys.js";
import { type CellScope, wordsFor } from "./scope.js";
import { axesOf, type Axis, printAxes, type SemanticType, shapeOf } from "./semantic-type.js";
import type { TypedExpression, TypedTensor } from "./typed-program.js";
import { topologicalOrder } from "./topological-order.js";
import type { TypedDraw, TypedStart } from "./typed-starts.js";

/** An initialiser that is an expression of its own, for a name that is declared with it; undefined where a number or a draw will do. */
export function startOf(
  checker: Checker,
  name: DeclaredName,
  initializer: Expression | undefined,
  type: SemanticType,
): { readonly start: TypedStart; readonly value: Expression } | undefined {
  const { indices = [] } = name;
  const start: TypedStart = { key: initialKey(name.text), indices, draws: [] };
  if (initializer === undefined) {
    if (indices.length === 0) return undefined;
    return { start, value: { kind: "reference", name: "by default", next: false, span: name.span } };
  }
  return indices.length === 0 && isPlainStart(checker, initializer, type) ? undefined : { start, value: initializer };
}

/** Of a state whose initial value is an expression for each value of indices. */
export function startOfState({
  text,
  indices,
}: DeclaredName): { readonly start: TypedStart; readonly value: undefined } | undefined {
  return indices && { start: { key: initialKey(text), indices, draws: [] }, value: undefined };
}

/** The whole initial value, of the shape of the tensor or repeating to it. */
export function inferStart(
  checker: Checker,
  tensor: TypedTensor,
  { indices }: TypedStart,
  value: Expression,
): TypedExpression {
  const axes = axesOf(tensor.type);
  const extra = indices[axes.length];
  if (extra !== undefined) {
    const message = `\`${tensor.name}\` has ${axes.length} axes, and ${indices.length} indices`;
    checker.report("bad-index", extra.span, message, { help: "an index stands for an axis, from the first on" });
    return checker.error(value.span);
  }
  const bound = indices.map((binder, i) => bindAxis(checker, binder, at(axes, i)));
  const names = indices.map(({ name }, i) => (name.text === "_" ? `_ ${i}` : name.text));
  const draws = tensor.start?.draws as TypedDraw[];
  // What a state draws is of the call.
  if (tensor.role !== "state") checker.start = { tensor, indices: names, draws };
  const read = checker.infer(value);
  const whole = tensor.type.kind === "index" ? wholeNumbersOfAll(checker, [read]) : undefined;
  const body = isIndex(read) ? numberOf(read) : read;
  checker.start = undefined;
  for (const index of bound) {
    if (index === undefined) continue;
    checker.indices.delete(index.name);
    checker.scope.entries.delete(index.name);
  }
  const rest = axes.slice(indices.length);
  if (!isOfKind(checker, tensor, body, draws)) return checker.error(value.span);
  const own = axesOf(body.type);
  if (!fitsInto(own, rest, checker.isRuntime)) {
    const message = `the initial value of \`${tensor.name}\` has shape ${printAxes(own)}, ${printAxes(rest)} is to be filled`;
    checker.report("shape-mismatch", value.span, message, {
      related: [placeOfAxes(axes, tensor.span), placeOfAxis(body, own.length - 1)],
      help: helpToFill(checker, own, rest),
    });
    return checker.error(value.span);
  }
  return names.reduceRight(
    (inner, index, i): TypedExpression => {
      const length = at(axes, i).dim;
      const type = { kind: inner.type.kind as NumberKind, axes: axes.slice(i), ...(whole && { whole }) };
      return { kind: "indexed", index, length, body: inner, span: value.span, type };
    },
    filled(body, names.length === 0 ? own : rest),
  );
}

type NumberKind = "real" | "complex";

/** A real value is one of a complex tensor, too; but not one that is drawn. */
function isOfKind(
  checker: Checker,
  { type }: TypedTensor,
  body: TypedExpression,
  draws: readonly TypedDraw[],
): boolean {
  // Whether it is whole is seen where it becomes the state.
  if (type.kind !== "complex") return isReal(checker, body) && (type.kind === "real" || type.kind === "index");
  if (body.type.kind === "complex") return true;
  if (!isReal(checker, body)) return false;
  const [draw] = draws;
  if (draw !== undefined) reportOnePart(checker, body.span, draw.initializer);
  return draw === undefined;
}

/** For each value of an index all elements of the rest, also where they are equal. */
function filled(body: TypedExpression, rest: readonly Axis[]): TypedExpression {
  if (axesOf(body.type).length === rest.length) return body;
  const { span } = body;
  const zeros: TypedExpression = { kind: "fill", value: 0, shape: shapeOf(rest), span, type: { kind: "real", axes: rest } }; // prettier-ignore
  const type = { kind: body.type.kind as NumberKind, axes: rest };
  return { kind: "elementwise", operation: "+", operands: [body, zeros], span, type };
}

function bindAxis(checker: Checker, binder: BinderNode, axis: Axis): BoundIndex | undefined {
  if (binder.name.text === "_") return undefined;
  const index = bind(checker, binder.name, binder.size !== undefined);
  if (index !== undefined) index.size = axis.dim;
  return index;
}

/** Initial values of params are the same for every call: no context is read, whichever way. And each can be computed before those that read it. */
export function checkStarts(
  checker: Checker,
  nodes: ReadonlyMap<string, GraphNode>,
  starts: readonly TypedTensor[],
  scope: CellScope,
): void {
  for (const { name, start } of starts) {
    if (start === undefined) continue;
    const seen = new Set<string>([start.key]);
    // Grows while it is walked.
    for (const key of seen) {
      const node = nodes.get(key);
      const context = node && contextIn(node, scope);
      if (context !== undefined) {
        const span = nodes.get(start.key)?.values[0]?.span ?? scope.entries.get(name)?.span;
        const message = `the initial value of \`${name}\` depends on ${context}`;
        if (span !== undefined)
          checker.report("varying-initial-value", span, message, {
            help: "a call gives it; params begin before that",
          });
        break;
      }
      for (const need of node?.needs ?? []) seen.add(need);
    }
  }
  checkStartCircles(checker, nodes, starts);
}

/** Params that begin as the others of a circle say would never begin. What a used cell does inside is seen where a module is made of it. */
function checkStartCircles(
  checker: Checker,
  nodes: ReadonlyMap<string, GraphNode>,
  starts: readonly TypedTensor[],
): void {
  const inOrder = [...starts].sort((a, b) => a.span.start - b.span.start);
  const started = new Map(inOrder.flatMap((tensor) => (tensor.start === undefined ? [] : [[tensor.name, tensor]])));
  const needs = (name: string): readonly string[] => {
    const key = started.get(name)?.start?.key;
    return [...namesNeeded(nodes, key ?? "")].filter((other) => started.has(other));
  };
  const { cycles } = topologicalOrder(started.keys(), needs);
  const [cycle] = cycles;
  if (cycle !== undefined) reportStartCircle(checker.collector, cycle, lookUp(started, at(cycle, 0)).span);
}

/** @param names in a circle: each begins with the next, the last with the first. */
export function reportStartCircle(collector: DiagnosticCollector, names: readonly string[], span: Span): void {
  const circle = [...names, at(names, 0)].map((name) => `\`${name}\``).join(" needs ");
  collector.report("cycle", span, `initial values need each other: ${circle}`, {
    help: "one of them begins with numbers or draws alone",
  });
}

/** All that a value is made of: also through equations and functions. Params of used cells by their paths. */
function namesNeeded(nodes: ReadonlyMap<string, GraphNode>, start: string): ReadonlySet<string> {
  const names = new Set<string>();
  const keys = new Set([start]);
  // Grows while it is walked.
  for (const key of keys) {
    const node = nodes.get(key);
    for (const { name } of node?.reads ?? []) names.add(name);
    for (const value of node?.values ?? []) {
      forEachPart(value, (part) => {
        const path = pathOfNames(part);
        if (path !== undefined) names.add(path);
      });
    }
    for (const need of node?.needs ?? []) keys.add(need);
  }
  return names;
}

function pathOfNames(node: Expression): string | undefined {
  if (node.kind === "reference") return node.next ? undefined : node.name;
  const owner = node.kind === "member" && !node.next ? pathOfNames(node.object) : undefined;
  return owner === undefined || node.kind !== "member" ? undefined : `${owner}.${node.member.text}`;
}

/** What calls give and is the same at every step, in words. */
function contextIn({ values, reads }: GraphNode, scope: CellScope): string | undefined {
  const wordsOf = (name: string): string | undefined => {
    const kind = scope.entries.get(name)?.kind;
    return kind === "context" || kind === "setting" ? wordsFor(kind, name) : undefined;
  };
  let found = reads.flatMap(({ name }) => wordsOf(name) ?? [])[0];
  for (const value of values) {
    forEachPart(value, (part) => {
      if (part.kind === "reference") found ??= wordsOf(part.name);
    });
  }
  return found;
}
