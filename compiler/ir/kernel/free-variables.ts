/** What a piece of kernel code needs from around it: the parameters of a function made from it. */
import { BATCH_SYMBOL, type Dim, symbolsOf } from "../../base/types/dim.js";
import type { Affine, LoopAxis, Examples, Expression, ExtentPart, Statement } from "./types.js";
import { forEachAccess, termsOf } from "./visit.js";

/** Integer variables a piece of code takes from around it, and the sizes of the call it needs. */
export function freeVariables(statements: readonly Statement[]): { variables: string[]; symbols: Set<string> } {
  const free = new Set<string>();
  const symbols = new Set<string>();
  const dim = (value: Dim): void => symbolsOf(value).forEach((symbol) => symbols.add(symbol));
  const visit = (list: readonly Statement[], bound: ReadonlySet<string>): void => {
    const own = new Set(bound);
    const use = (name: string): void => {
      if (!own.has(name)) free.add(name);
    };
    const affine = (value: Affine): void => {
      dim(value.constant);
      for (const { variable, coefficient } of value.terms) {
        use(variable);
        dim(coefficient);
      }
    };
    const examples = (value: Examples): void => {
      if (value.kind === "all") symbols.add(BATCH_SYMBOL);
      else use(value.count);
    };
    const expression = (value: Expression): void => {
      if (value.kind === "integer") affine(value.value);
      else if (value.kind === "operation") value.operands.forEach(expression);
      else if (value.kind === "piecewise") {
        affine(value.left);
        affine(value.right);
        expression(value.below);
        expression(value.otherwise);
      }
    };
    const part = (value: ExtentPart): void => {
      dim(value.dim);
      affine(value.from);
      if (value.example !== undefined) use(value.example);
    };
    const axis = ({ extent, from }: LoopAxis): void => {
      if (from !== undefined) affine(from);
      if (extent.kind === "affine") affine(extent.value);
      else if (extent.kind === "part") part(extent);
      else if (extent.kind === "size") use(extent.example);
      else examples(extent.examples);
    };
    for (const statement of list) {
      if (statement.kind === "pack") continue;
      if (statement.kind === "product") {
        const { rows, columns, out, schedule: { tail } = {} } = statement;
        const terms = termsOf(statement);
        const contracted = terms.flatMap((each) => each.contracted);
        const outer = new Set(own);
        for (const each of [rows, columns, ...contracted]) {
          if (each === undefined) continue;
          // An example may be the variable of the axis before.
          const { extent } = each;
          const isKnown = (extent.kind === "size" || extent.kind === "part") && outer.has(extent.example ?? "");
          if (!isKnown) axis(each);
          else if (extent.kind === "part") axis({ ...each, extent: { ...extent, example: undefined } });
          outer.add(each.variable);
        }
        const inside = [...terms.flatMap(({ a, b }) => [a, b]), ...(out === undefined ? [] : [out])].map(
          (access): Statement => ({ kind: "store_index", access, value: access.offset }),
        );
        if (statement.initial !== undefined) inside.push({ kind: "let", name: "initial", value: statement.initial });
        if (statement.result !== undefined) inside.push({ kind: "let", name: "result", value: statement.result });
        visit(inside, outer);
        if (tail !== undefined) visit(tail.body, new Set([...outer, tail.unit]));
        continue;
      }
      if (statement.kind === "pieces") {
        const { examples: range, steps, done, carried, body, carry, finish } = statement;
        if (range !== undefined) symbols.add(BATCH_SYMBOL);
        if (steps !== undefined) {
          dim(steps.dim);
          if (steps.example !== undefined) use(steps.example);
        }
        const names = [range?.first, range?.end, steps?.from, done, carried].filter((name) => name !== undefined);
        for (const part of [body, carry, finish]) visit(part, new Set([...own, ...names]));
        continue;
      }
      if (statement.kind !== "for" && statement.kind !== "region" && statement.kind !== "windows") {
        forEachAccess(statement, (access) => {
          affine(access.offset);
        });
      }
      switch (statement.kind) {
        case "for": {
          axis(statement);
          visit(statement.body, new Set([...own, statement.variable]));
          break;
        }
        case "let_index":
          if (statement.value.kind === "affine") affine(statement.value.value);
          else if (statement.value.kind === "size") use(statement.value.example);
          else if (statement.value.kind === "part") part(statement.value);
          else if (statement.value.kind !== "load") {
            affine(statement.value.left);
            affine(statement.value.right);
          }
          own.add(statement.name);
          break;
        case "let":
        case "accumulate":
        case "store":
          expression(statement.value);
          break;
        case "accumulator":
          expression(statement.initial);
          break;
        case "store_index":
          affine(statement.value);
          break;
        default:
          break;
      }
    }
  };
  visit(statements, new Set());
  return { variables: [...free].sort(), symbols };
}
