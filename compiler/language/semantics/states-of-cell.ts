/** States of a cell and of what it uses, by path: `h`, `rnn.h`; of a network those of its runs, called as the module calls them. */
import { constantOf, type Dim } from "../../base/types/dim.js";
import { tensorsIn } from "./cell-tensors.js";
import { substituteType } from "./substitute.js";
import { typedParts } from "./typed-parts.js";
import type { TypedCell, TypedExpression, TypedInstance, TypedRun, TypedTensor } from "./typed-program.js";

interface StateAtPath {
  /** Named by the path, with its type in terms of the cell. */
  readonly tensor: TypedTensor;
  /** Where a call starts it from is said inside already. */
  readonly isGiven: boolean;
}

const known = new WeakMap<TypedCell, readonly StateAtPath[]>();

export function statesIn(cell: TypedCell): readonly StateAtPath[] {
  const found = known.get(cell) ?? (cell.form === "network" ? ofNetwork(cell) : ofSteps(cell));
  known.set(cell, found);
  return found;
}

function ofSteps(cell: TypedCell): StateAtPath[] {
  const own = tensorsIn(cell).filter(({ role }) => role === "state");
  const used = cell.items.flatMap((item) => {
    if (item.kind !== "instance" || item.instance.count !== undefined) return [];
    const { instance } = item;
    return inside(instance, instance.name, cell.calls.get(instance.name)?.runtimeDimensions);
  });
  return [...own.map((tensor) => ({ tensor, isGiven: false })), ...used];
}

function ofNetwork(cell: TypedCell): StateAtPath[] {
  const instances = new Map(
    cell.items.flatMap((item) => (item.kind === "instance" ? [[item.instance.name, item.instance] as const] : [])),
  );
  const all = runsIn(cell).flatMap((run) => {
    const instance = instances.get(run.instance);
    const name = nameOf(run);
    if (instance === undefined || name === undefined) return [];
    const { states, runtimeDimensions } = run.call;
    return inside(instance, name, runtimeDimensions, (path) => states.has(path));
  });
  // One of an array that is called twice has states that no path tells apart.
  return all.filter(({ tensor: { name } }) => all.filter((other) => other.tensor.name === name).length === 1);
}

/** What a run is called by; undefined of one for each round, and of one without a name. */
function nameOf({ name, instance, place }: TypedRun): string | undefined {
  if (place === undefined || name !== instance) return name;
  const which = place.terms.length === 0 ? constantOf(place.start) : undefined;
  return which === undefined ? undefined : `${place.array}.${which}`;
}

function inside(
  { cell, dimensions }: TypedInstance,
  name: string,
  runtimeDimensions: ReadonlyMap<string, Dim> = new Map(),
  isGivenHere: (path: string) => boolean = () => false,
): StateAtPath[] {
  const sizes = new Map([...dimensions, ...runtimeDimensions]);
  return statesIn(cell).flatMap(({ tensor, isGiven }) => {
    const type = substituteType(tensor.type, sizes);
    if (type === undefined) return [];
    return [{ tensor: { ...tensor, name: `${name}.${tensor.name}`, type }, isGiven: isGiven || isGivenHere(tensor.name) }]; // prettier-ignore
  });
}

/** Those that the outputs and losses of a network need, but for the ones that happen at each place of an index. */
function runsIn(cell: TypedCell): readonly TypedRun[] {
  const keys = [...cell.stepOrder, ...cell.loops.flatMap(({ members }) => members)];
  const found = new Set<TypedRun>();
  const waiting = keys.flatMap((key): TypedExpression[] => {
    const node = cell.nodes.get(key);
    return node === undefined ? [] : [node.value];
  });
  const seen = new Set<TypedExpression>();
  waiting.reverse();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen.has(node) || node.kind === "indexed" || node.kind === "index-reduction") continue;
    seen.add(node);
    if (node.kind === "run") found.add(node.run);
    waiting.push(...typedParts(node));
  }
  return [...found];
}
