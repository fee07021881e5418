/** Walks over expressions without recursion. */
import { at } from "../../base/at.js";
import type { Expression } from "../syntax/ast.js";

/** The expressions directly inside one, in the order of the text. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "number":
    case "imaginary":
    case "reference":
      return [];
    case "unary":
      return [expression.operand];
    case "binary":
      return [expression.left, expression.right];
    case "if":
      return [expression.condition, expression.whenTrue, expression.whenFalse];
    case "call":
      return [expression.place ?? [], expression.arguments.map((argument) => argument.value)].flat();
    case "member":
      return [expression.object];
    case "index":
      return [
        expression.object,
        ...expression.indices.flatMap((index) =>
          index.kind === "at" ? [index.value] : [index.start, index.end].filter((bound) => bound !== undefined),
        ),
      ];
    case "indexed":
      return [expression.value, ...expression.indices.flatMap(({ size }) => size ?? [])];
    case "tuple":
    case "group":
      return expression.items;
    case "result":
      return [expression.call];
    case "rounds": {
      const { first, next, count, until } = expression.rounds;
      return [...first, ...next, count, ...(until === undefined ? [] : [until])];
    }
  }
}

/** Visits an expression and everything in it, outside in, in the order of the text; `false` skips what is inside. */
export function forEachPart(root: Expression, visit: (expression: Expression) => unknown): void {
  const waiting = [root];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    if (visit(part) === false) continue;
    const parts = partsOf(part);
    for (let i = parts.length - 1; i >= 0; i--) waiting.push(at(parts, i));
  }
}

/** How often a step comes by a place in a value: once, for each value of an index, in each round. */
export type Repeated = "once" | "index" | "rounds";

/** As `forEachPart`, with how often each part is computed. */
export function forEachRepeated(
  root: Expression,
  visit: (expression: Expression, repeated: Repeated) => unknown,
  repeated: Repeated = "once",
): void {
  forEachPart(root, (part) => {
    if (visit(part, repeated) === false) return false;
    if (part.kind !== "indexed" && part.kind !== "rounds") return true;
    const inside = part.kind === "rounds" ? "rounds" : repeated === "once" ? "index" : repeated;
    const once = new Set(part.kind === "rounds" ? [...part.rounds.first, part.rounds.count] : []);
    for (const inner of partsOf(part)) forEachRepeated(inner, visit, once.has(inner) ? repeated : inside);
    return false;
  });
}

/** As `forEachPart`, but for the names of rounds inside of them: these are not read from around. */
export function forEachRead(value: Expression, visit: (expression: Expression) => unknown): void {
  const own = new Set(value.kind === "rounds" ? value.rounds.names.map(({ text }) => text) : []);
  forEachRepeated(value, (part, repeated) => {
    const isOwn = part.kind === "reference" && own.has(part.name) && repeated === "rounds";
    return isOwn ? undefined : visit(part);
  });
}
