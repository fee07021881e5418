/**
 * Which values go where, before a block is planned: outputs that only rename the elements of another value (a reshape,
 * or slices that together are one value) let that value be computed in place.
 */
import { at, listAt } from "../../base/at.js";
import { consecutive } from "../../ir/graph/consecutive.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/graph-function.js";
import { typeOf } from "../../ir/graph/values.js";
import { type Dim, equalDims, multiplyDims } from "../../base/types/dim.js";
import { sizeOfShape } from "../../base/types/shape.js";
import { denseLocation, type BufferLocation, reshapeLocation } from "./location.js";
import type { Storage } from "./storage.js";

/** Where a result goes: replaced or added to. */
interface Destination {
  readonly location: BufferLocation;
  readonly mode: "set" | "add";
}

export interface ResultTarget {
  readonly id: ValueId;
  readonly destination: Destination;
}

/** Sees through reshapes of results. */
export function throughReshapes(fn: GraphFunction, targets: readonly ResultTarget[], storage: Storage): ResultTarget[] {
  const producer = producersOf(fn);
  return targets.map((target) => {
    let { id, destination } = target;
    for (let made = producer.get(id); made?.operation.kind === "reshape"; made = producer.get(id)) {
      const operand = at(made.operands, 0);
      const [from, to] = [fn.types[id]?.shape ?? [], fn.types[operand]?.shape ?? []];
      const location = reshapeLocation(destination.location, from, to, storage.perExampleSymbols);
      if (location === undefined || producer.get(operand) === undefined) break;
      id = operand;
      destination = { ...destination, location };
    }
    return { id, destination };
  });
}

/**
 * Where all of a value is cut along axis 0 into results that lie in shared buffers of their own (the gradients of
 * merged projections), places these buffers one after the other and computes the value there.
 */
export function joinSlices(fn: GraphFunction, targets: readonly ResultTarget[], storage: Storage): ResultTarget[] {
  const producer = producersOf(fn);
  const cuts = new Map<ValueId, { target: ResultTarget; start: Dim; length: Dim }[]>();
  for (const target of targets) {
    const made = producer.get(target.id);
    const whole = made?.operands[0];
    if (made?.operation.kind !== "slice" || whole === undefined || made.operation.axis !== 0) continue;
    if (!storage.isSharedOutside(target.destination.location.buffer) || target.destination.mode === "add") continue;
    if (producer.get(whole) === undefined || fn.types[whole]?.shared !== true) continue;
    const { start, length } = made.operation;
    listAt(cuts, whole).push({ target, start, length });
  }
  const dropped = new Set<ResultTarget>();
  const joined: ResultTarget[] = [];
  for (const [whole, parts] of cuts) {
    const found = consecutive(parts, ({ length }) => length, at(typeOf(fn, whole).shape, 0));
    if (!found.whole || found.ordered.length < parts.length) continue;
    const names = found.ordered.map(({ target }) => target.destination.location.buffer);
    storage.join(names);
    const place = storage.joined(names);
    const shape = fn.types[whole]?.shape ?? [];
    const row = sizeOfShape(shape.slice(1));
    if (place === undefined || !equalDims(place.size, multiplyDims(at(shape, 0), row))) continue;
    const dense = denseLocation(place.buffer, "real", shape, false);
    const location = { ...dense, offset: { constant: place.offset, terms: [] } };
    for (const { target } of parts) dropped.add(target);
    joined.push({ id: whole, destination: { location, mode: "set" } });
  }
  return [...targets.filter((target) => !dropped.has(target)), ...joined];
}

function producersOf(fn: GraphFunction): Map<ValueId, Instruction> {
  return new Map(fn.instructions.flatMap((instruction) => instruction.results.map((id) => [id, instruction] as const)));
}
