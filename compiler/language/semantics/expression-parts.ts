/** Walks over expressions without recursion. */
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
      return expression.arguments.map((argument) => argument.value);
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
      return expression.items;
    case "rounds": {
      const { first, next, count, until } = expression.rounds;
      return [...first, ...next, count, ...(until === undefined ? [] : [until])];
    }
  }
}

/** What stands in the rounds of a value, where names are its own: nothing where it has none. */
export function partsInRounds(value: Expression): ReadonlySet<Expression> {
  const found = new Set<Expression>();
  if (value.kind !== "rounds") return found;
  const { next, until } = value.rounds;
  for (const root of until === undefined ? next : [...next, until]) forEachPart(root, (part) => found.add(part));
  return found;
}

/** Visits an expression as `forEachPart` does, but for the names of rounds inside of them: these are not read from around. */
export function forEachRead(value: Expression, visit: (expression: Expression) => unknown): void {
  const inside = partsInRounds(value);
  const own = new Set(value.kind === "rounds" ? value.rounds.names.map(({ text }) => text) : []);
  forEachPart(value, (part) => {
    const isOwn = part.kind === "reference" && own.has(part.name) && inside.has(part);
    return isOwn ? undefined : visit(part);
  });
}

/** Visits an expression and everything in it, outside in, in the order of the text; `false` skips what is inside. */
export function forEachPart(root: Expression, visit: (expression: Expression) => unknown): void {
  const waiting = [root];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    if (visit(part) === false) continue;
    const parts = partsOf(part);
    for (let i = parts.length - 1; i >= 0; i--) waiting.push(parts[i] as Expression);
  }
}
