/** A point of a network that finds lengths, with those that it finds there. */
import { sizeOfAxis } from "../../../runtime/module/axes.js";
import type { Program } from "../../program/program.js";
import { nameOfRole } from "../../program/base/roles.js";
import { recordOf } from "../calls/records.js";
import { evaluateAt, numbersOf } from "./graph-point.js";
import type { Point } from "./point.js";
import { wholeFunctionAt } from "./whole-function.js";

export function withFoundLengths(program: Program | undefined, point: Point): Point {
  const { found } = program ?? {};
  if (program === undefined || found === undefined) return point;
  const lengths = evaluateAt(wholeFunctionAt({ ...program, forward: found.fn }, point), point);
  const examples = point.examples.map((own, b) => {
    const sizes: Record<string, number> = recordOf(Object.entries(own.sizes));
    for (const { symbol } of found.dimensions) {
      const value = lengths.get(nameOfRole({ kind: "found", name: symbol }));
      sizes[symbol] = value === undefined ? 0 : (numbersOf(value)[b] ?? 0);
    }
    for (const { name, size, found: isFound } of point.manifest.axes)
      if (size !== undefined && isFound !== true) sizes[name] = sizeOfAxis(size, (axis) => sizes[axis] ?? own.steps);
    return { ...own, sizes };
  });
  return { ...point, examples };
}
