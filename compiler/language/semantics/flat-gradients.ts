/** `gradient(e, by = U)` of a number that does not depend on `U`: 0, and usually another name is meant. */
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import { nextKey } from "./node-keys.js";
import { typedParts } from "./typed-parts.js";
import type { TypedExpression, TypedNode } from "./typed-program.js";

type EquationValues = ReadonlyMap<string, Pick<TypedNode, "value">>;

/** As far as equations tell: what calls make of their arguments is seen where they are written out. */
export function reportFlatGradients(nodes: EquationValues, collector: DiagnosticCollector): void {
  const seen = new Set<TypedExpression>();
  for (const { value } of nodes.values())
    for (const part of partsOf(value)) {
      if (part.kind !== "gradient") continue;
      for (const by of part.of.by) {
        if (seen.has(by) || mayDepend(part.of.value, by, nodes)) continue;
        seen.add(by);
        reportFlat(part.of.value, by, collector);
      }
    }
}

/** Once for each place. */
export function reportFlat(of: TypedExpression, by: TypedExpression, collector: DiagnosticCollector): void {
  const code = "gradient-without-influence";
  const { file, start } = by.span;
  if (collector.diagnostics.some((own) => own.code === code && own.span.file === file && own.span.start === start))
    return;
  const message = `${wordsFor(of, "this number")} does not depend on ${wordsFor(by, "this")}, so this gradient is 0`;
  collector.report(code, by.span, message, {
    related: [{ span: of.span, message: "the number" }],
    help: "equations that the number reads are followed, and what it was in earlier steps is not",
  });
}

function wordsFor(value: TypedExpression, otherwise: string): string {
  const key = keyOf(value);
  return key === undefined ? otherwise : `\`${key}\``;
}

function keyOf(node: TypedExpression): string | undefined {
  if (node.kind === "round-value") return node.next ? nextKey(node.name) : node.name;
  if (node.kind === "next") return nextKey(node.name);
  return node.kind === "value" ? node.name : undefined;
}

function* partsOf(root: TypedExpression): Iterable<TypedExpression> {
  const waiting = [root];
  const seen = new Set<TypedExpression>();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    yield node;
    waiting.push(...typedParts(node));
  }
}

/** What used cells make, and what functions read of the cell, may be made of anything. */
const opaque: ReadonlySet<string> = new Set([
  "instance-call",
  "call-in-place",
  "member",
  "run",
  "call-given",
  "captured",
]);

function mayDepend(of: TypedExpression, by: TypedExpression, nodes: EquationValues): boolean {
  const wanted = by.kind === "value" || by.kind === "next" ? keyOf(by) : undefined;
  if (wanted === undefined) return true;
  const waiting = [of];
  const seen = new Set<string>();
  for (let root = waiting.pop(); root !== undefined; root = waiting.pop())
    for (const node of partsOf(root)) {
      const isCall = node.kind === "call" ? node.fn : node.kind === "result" ? node.call.fn : undefined;
      if (opaque.has(node.kind) || (isCall !== undefined && isCall.captured.size > 0)) return true;
      const key = keyOf(node);
      if (key === wanted) return true;
      const next = key === undefined || seen.has(key) ? undefined : nodes.get(key);
      if (key !== undefined) seen.add(key);
      if (next !== undefined) waiting.push(next.value);
    }
  return false;
}
