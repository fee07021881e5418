/** Walks over checked expressions. */
import { at } from "../../base/at.js";
import type { WholeNumbers } from "./semantic-type.js";
import type { TypedExpression, TypedInstanceCall, TypedRounds, TypedRun } from "./typed-program.js";

/** The expressions directly inside one; of a used cell that is called, which is a value of its own, none. */
export function typedParts(node: TypedExpression): readonly TypedExpression[] {
  switch (node.kind) {
    case "elementwise":
    case "complex":
    case "places":
    case "concat":
    case "stack":
      return node.operands;
    case "product":
    case "outer":
    case "convolution":
      return [node.left, node.right];
    case "shared":
    case "reduction":
    case "normalization":
    case "cumulative":
    case "repeat":
    case "reverse":
    case "windows":
    case "reshape":
    case "transpose":
    case "slice":
    case "element":
      return [node.operand];
    case "gather":
      return [node.operand, node.index];
    case "indexed":
    case "index-reduction":
      return [node.body];
    case "gradient":
      return [node.of.value, ...node.of.by];
    case "result":
      return node.call.arguments;
    case "expanded":
      return [node.value];
    case "call":
    case "call-given":
      return node.arguments;
    case "call-in-place":
      return [...node.call.inputs, ...node.call.contexts];
    case "run":
      return partsOfCall(node.run.call);
    case "rounds": {
      const { first, next, until } = node.rounds;
      return [...first, ...next, ...(until === undefined ? [] : [until])];
    }
    default:
      return [];
  }
}

const partsOfCall = ({ inputs, contexts, states, settings = new Map() }: TypedInstanceCall): TypedExpression[] => [
  ...inputs,
  ...contexts,
  ...states.values(),
  ...settings.values(),
];

/** Whether the expression reads an index. */
export function readsIndex(root: TypedExpression, index: string): boolean {
  const waiting = [root];
  const seen = new Set<TypedExpression>();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.kind === "position" && node.index === index) return true;
    // Inside of it the name is that of another.
    if ((node.kind === "indexed" || node.kind === "index-reduction") && node.index === index) continue;
    if (node.kind === "element" && node.terms.some((term) => term.index === index)) return true;
    if (node.kind === "shared" && seen.has(node)) continue;
    if (node.kind === "shared") seen.add(node);
    waiting.push(...typedParts(node));
  }
  return false;
}

function withParts({ first, next, until, ...rounds }: TypedRounds, parts: readonly TypedExpression[]): TypedRounds {
  const [begin, end] = [first.length, first.length + next.length];
  const stop = until && parts[end];
  return { ...rounds, first: parts.slice(0, begin), next: parts.slice(begin, end), until: stop };
}

function withArguments({ call, ...run }: TypedRun, parts: readonly TypedExpression[]): TypedRun {
  const { inputs, contexts, states, settings = new Map() } = call;
  const [first, second] = [inputs.length, inputs.length + contexts.length];
  const named = (names: Iterable<string>, from: number): Map<string, TypedExpression> =>
    new Map([...names].map((name, i) => [name, at(parts, from + i)] as const));
  const given = { states: named(states.keys(), second), settings: named(settings.keys(), second + states.size) };
  return { ...run, call: { ...call, inputs: parts.slice(0, first), contexts: parts.slice(first, second), ...given } };
}

/** The expression with others in the places of those that {@link typedParts} tells. */
export function withTypedParts(node: TypedExpression, parts: readonly TypedExpression[]): TypedExpression {
  const [first = node, second = node] = parts;
  switch (node.kind) {
    case "elementwise":
    case "complex":
    case "places":
    case "concat":
    case "stack":
      return { ...node, operands: parts };
    case "product":
    case "outer":
    case "convolution":
      return { ...node, left: first, right: second };
    case "shared":
    case "reduction":
    case "normalization":
    case "cumulative":
    case "repeat":
    case "reverse":
    case "windows":
    case "reshape":
    case "transpose":
    case "slice":
    case "element":
      return { ...node, operand: first };
    case "gather":
      return { ...node, operand: first, index: second };
    case "indexed":
    case "index-reduction":
      return { ...node, body: first };
    case "call":
    case "call-given":
      return { ...node, arguments: parts };
    case "expanded":
      return { ...node, value: first };
    case "gradient":
      return { ...node, of: { value: first, by: parts.slice(1) } };
    case "result":
      return { ...node, call: { ...node.call, arguments: parts } };
    case "rounds":
      return { ...node, rounds: withParts(node.rounds, parts) };
    case "run":
      return { ...node, run: withArguments(node.run, parts) };
    case "call-in-place": {
      const { inputs } = node.call;
      const call = { ...node.call, inputs: parts.slice(0, inputs.length), contexts: parts.slice(inputs.length) };
      return { ...node, call };
    }
    default:
      return node;
  }
}

/** Of a product of any number of factors, from left to right; else the expression itself. */
export function factorsOf(node: TypedExpression): readonly TypedExpression[] {
  if (node.kind !== "elementwise" || node.operation !== "*") return [node];
  return node.operands.flatMap(factorsOf);
}

/** What is whole by its text: an equation for each value of an index, a list, rounds, and what reads these by a name. */
const wholeByText: ReadonlySet<string> = new Set([
  "indexed",
  "stack",
  "rounds",
  "round-value",
  "value",
  "captured",
  "call",
]);

export const wholeNumbersIn = ({ kind, type }: TypedExpression): WholeNumbers | undefined =>
  type.kind === "real" && wholeByText.has(kind) ? type.whole : undefined;

/** What is made of whole numbers has their shape, and need not be whole. */
export function withoutWholes(typed: TypedExpression): TypedExpression {
  const { type } = typed;
  if (type.kind !== "real" || type.whole === undefined || wholeByText.has(typed.kind)) return typed;
  return { ...typed, type: { kind: "real", axes: type.axes } };
}
