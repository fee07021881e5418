/** Whether a cell is what a parameter says that a cell has to be: its inputs, contexts, outputs and states, and their shapes. */
import { boundedSubstitute } from "../../base/types/bounded-dim.js";
import { type Dim, dimSymbol, equalDims } from "../../base/types/dim.js";
import { bindDimensions, pairsOf } from "./bind-dimensions.js";
import { tensorsIn } from "./cell-tensors.js";
import { haveEqualShapes } from "./check-instance-call.js";
import { axesOf, printSemanticType, type SemanticType, shapeOf, withLeading } from "./semantic-type.js";
import { statesIn } from "./states-of-cell.js";
import { substituteType } from "./substitute.js";
import type { TypedOutput } from "./typed-interface.js";
import type { TypedCell, TypedInstance, TypedTensor } from "./typed-program.js";
import { untoldSizes } from "./untold-sizes.js";

/** A cell that fits, as those see it who have it by the parameter: with the outputs that stand there, and inputs in that order. */
export type FittedCell = Pick<TypedInstance, "cell" | "called">;

/** What is wrong. */
export interface Misfit {
  readonly words: string;
  /** What stands there, and what the cell has in its place. */
  readonly wanted?: PartOfCell | undefined;
  readonly own?: PartOfCell | undefined;
  readonly help?: string | undefined;
}

type PartOfCell = TypedOutput | TypedTensor;
type PartRole = "input" | "context" | "output" | "state";
interface Pairing {
  readonly role: PartRole;
  readonly wanted: PartOfCell;
  readonly own: PartOfCell;
}

/**
 * @param cell what is given
 * @param wanted what the parameter says, as a cell
 * @param dimensions by the names there, those of the cell
 * @param owner of what has the parameter: a network goes on with sequences, and takes networks in the place of cells
 */
export function fitCell(
  cell: TypedCell,
  wanted: TypedCell,
  dimensions: ReadonlyMap<string, string>,
  owner: TypedCell["form"],
): FittedCell | Misfit {
  const own = cell.name;
  if (wanted.form === "network" && cell.form === "cell")
    return {
      words: `\`${own}\` is a cell, and a network is wanted`,
      help: "a parameter `cell(I, H) { … }` stands for cells, and for networks that do to sequences what such a cell does",
    };
  if (owner === "cell" && cell.form === "network")
    return { words: `\`${own}\` is a network, and a cell uses cells`, help: "a cell is one step" };
  const pairs = pairParts(cell, wanted);
  if ("words" in pairs) return pairs;
  const misfit = checkTypes(cell, wanted, dimensions, pairs);
  return misfit ?? fitted(cell, pairs);
}

/** By name; and where one of a kind is left on both sides, these two. */
function pairParts(cell: TypedCell, wanted: TypedCell): readonly Pairing[] | Misfit {
  const all: Pairing[] = [];
  const isSequential = cell.form === "network" && wanted.form === "cell";
  const inputs = partsOf(cell, "input");
  const given = isSequential ? [...partsOf(wanted, "input"), ...partsOf(wanted, "context")] : partsOf(wanted, "input");
  const roles: readonly (readonly [PartRole, readonly PartOfCell[], readonly PartOfCell[]])[] = [
    ["input", given, inputs],
    ["context", isSequential ? [] : partsOf(wanted, "context"), partsOf(cell, "context")],
    ["output", wanted.outputs, cell.outputs],
    ["state", partsOf(wanted, "state"), statesOf(cell)],
  ];
  for (const [role, there, here] of roles) {
    const named = there.flatMap((part) => {
      const same = here.find(({ name }) => name === part.name);
      return same === undefined ? [] : [{ role, wanted: part, own: same }];
    });
    const left = there.filter((part) => !named.some((pair) => pair.wanted === part));
    const rest = here.filter((part) => !named.some((pair) => pair.own === part));
    const isOnly = left.length === 1 && rest.length === 1 && role !== "state";
    const found = isOnly ? [...named, ...left.map((part, i) => ({ role, wanted: part, own: rest[i] ?? part }))] : named;
    const [missing] = isOnly ? [] : left;
    const [more] = isOnly || role === "output" || role === "state" ? [] : rest;
    if (missing !== undefined) {
      const names = here.map(({ name }) => `\`${name}\``).join(", ");
      const has = names === "" ? `it has no ${role} at all` : `it has ${names}`;
      return { words: `it has no ${role} \`${missing.name}\``, wanted: missing, help: has };
    }
    if (more !== undefined)
      return { words: `it also has the ${role} \`${more.name}\`, which nothing gives it`, own: more };
    // In the order of the interface.
    all.push(...there.flatMap((part) => found.filter((pair) => pair.wanted === part)));
  }
  return all;
}

const partsOf = (cell: TypedCell, role: PartRole): readonly TypedTensor[] =>
  tensorsIn(cell).filter((tensor) => tensor.role === role);

/** That a call may begin with. */
const statesOf = (cell: TypedCell): readonly TypedTensor[] =>
  statesIn(cell).flatMap(({ tensor, isGiven }) => (isGiven ? [] : [tensor]));

/** All in the words of the interface. */
function checkTypes(
  cell: TypedCell,
  wanted: TypedCell,
  dimensions: ReadonlyMap<string, string>,
  pairs: readonly Pairing[],
): Misfit | undefined {
  const { here, sizes } = namesHere(cell, wanted, dimensions);
  const isSequential = cell.form === "network" && wanted.form === "cell";
  const step = isSequential ? sequenceOf(cell, pairs, here, sizes) : undefined;
  if (step !== undefined && "words" in step) return step;
  const typed = pairs.map((pair) => {
    const runs = step !== undefined && isRunning(pair, wanted);
    const there = runs ? withLeading(pair.wanted.type, [step]) : pair.wanted.type;
    return { ...pair, there, own: pair.own, type: substituteType(pair.own.type, here) };
  });
  const open = new Set([...sizes.values()].filter((size) => step === undefined || !equalDims(step, dimSymbol(size))));
  const told = typed.flatMap(({ role, there, type }) => (type === undefined || role === "output" ? [] : pairsOf(type, there))); // prettier-ignore
  const bound = bindDimensions(told, open);
  for (const symbol of untoldSizes(cell)) {
    if (untoldSizes(wanted).includes(symbol)) bound.set(sizes.get(symbol) ?? symbol, dimSymbol(symbol));
    else return { words: `no input tells its size \`${symbol}\`, and nothing gives it` };
  }
  for (const { role, wanted: part, own, there, type } of typed) {
    const given = type && substituteType(type, bound);
    if (given !== undefined && areSame(given, there)) continue;
    const words = `its ${role} \`${own.name}\` is ${printSemanticType(given ?? own.type)}, not ${printSemanticType(there)}`;
    return { words, wanted: part, own };
  }
  return undefined;
}

/** What the dimensions of the cell are in the words of the interface; those that calls give, which it may have too, under names of their own. */
function namesHere(
  cell: TypedCell,
  wanted: TypedCell,
  dimensions: ReadonlyMap<string, string>,
): { readonly here: ReadonlyMap<string, Dim>; readonly sizes: ReadonlyMap<string, string> } {
  const taken = new Set([...dimensions.keys(), ...wanted.runtimeDimensions]);
  const sizes = new Map(
    cell.runtimeDimensions.map((symbol) => [symbol, taken.has(symbol) ? `${symbol} of ${cell.name}` : symbol]),
  );
  const known = [...dimensions].map(([there, own]): [string, Dim] => [own, dimSymbol(there)]);
  const open = [...sizes].map(([own, name]): [string, Dim] => [own, dimSymbol(name)]);
  return { here: new Map([...withDefaults(cell, new Map(known)), ...open]), sizes };
}

/** Along which of its sequences a network does what a cell does. */
function sequenceOf(
  cell: TypedCell,
  pairs: readonly Pairing[],
  here: ReadonlyMap<string, Dim>,
  sizes: ReadonlyMap<string, string>,
): Dim | Misfit {
  const first = pairs.find(({ role }) => role === "input") ?? pairs[0];
  const type = first && substituteType(first.own.type, here);
  const [dim] = shapeOf(axesOf(type ?? { kind: "error" }));
  const isOfCalls = dim !== undefined && [...sizes.values()].some((symbol) => equalDims(dim, dimSymbol(symbol)));
  if (isOfCalls) return dim;
  return { words: `\`${cell.name}\` is a network that goes along no sequence`, wanted: first?.wanted, own: first?.own };
}

/** What a cell has for each step, and a network as a sequence. */
const isRunning = ({ role, wanted }: Pairing, { items }: TypedCell): boolean =>
  role === "output" || (role === "input" && tensorsIn({ items }).some((tensor) => tensor === wanted && tensor.role === "input")); // prettier-ignore

function areSame(type: SemanticType, wanted: SemanticType): boolean {
  if (type.kind !== wanted.kind || !haveEqualShapes(type, wanted)) return false;
  return type.kind !== "index" || wanted.kind !== "index" || equalDims(type.bound, wanted.bound);
}

/** Every dimension, in terms of those that are given. */
export function withDefaults({ dimensions }: TypedCell, given: ReadonlyMap<string, Dim>): ReadonlyMap<string, Dim> {
  const all = new Map(given);
  for (const { name, defaultValue } of dimensions) {
    if (all.has(name) || defaultValue === undefined) continue;
    const dim = boundedSubstitute(defaultValue, all);
    if (dim !== undefined) all.set(name, dim);
  }
  return all;
}

function fitted(cell: TypedCell, pairs: readonly Pairing[]): FittedCell {
  const called = new Map(
    pairs.flatMap(({ wanted, own }) => (wanted.name === own.name ? [] : [[wanted.name, own.name]])),
  );
  const given = pairs.filter(({ role }) => role === "input" || role === "context").map(({ own }) => own);
  const outputs = cell.outputs.filter((output) => pairs.some(({ own }) => own === output));
  const inOrder = pairs.flatMap(({ role, own }) => outputs.filter((output) => role === "output" && output === own));
  const isGiven = (item: TypedCell["items"][number]): boolean => item.kind === "tensor" && given.includes(item.tensor);
  const first = given.flatMap((part) => cell.items.filter((item) => item.kind === "tensor" && item.tensor === part));
  return {
    cell: { ...cell, items: [...first, ...cell.items.filter((item) => !isGiven(item))], outputs: inOrder },
    called,
  };
}
