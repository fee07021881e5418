/** What tells optimisers apart: what they remember of each number, and how that and the number change in an update. */
import { createProgram, type ElementValue, type ElementProgram } from "../elementwise/program.js";

/** What the numbers of an update are computed from that are the same for all elements. */
interface UpdateContext {
  /** Updates with this one: 1 in the first. */
  readonly update: number;
  readonly rate: number;
}

/** A number of each update that all elements share, computed in float64 and rounded once to the type of the params. */
export type SharedNumber = (context: UpdateContext) => number;

export interface UpdateRule {
  /** Arrays beside the params, each with the number that it is filled with in the beginning. */
  readonly slots: Readonly<Record<string, number>>;
  /** In the order of the program. */
  readonly scalars: readonly SharedNumber[];
  /** Over the params `p`, the gradient `g`, and the slots in order. */
  readonly program: ElementProgram;
  /** Where the gradient is 0, `p` and the slots stay as they are: of a table, rows alone are looked at that have another. */
  readonly isStill?: boolean;
}

type ByName<Names extends string> = Readonly<Record<Names, ElementValue>>;

/**
 * @param update What `p` and the slots become, of `p`, `g` and all that has a name. `g` is the gradient times the scale of the step.
 */
export function createRule<Slots extends string, Scalars extends string>(
  slots: Readonly<Record<Slots, number>>,
  scalars: Readonly<Record<Scalars, SharedNumber>>,
  update: (values: ByName<"p" | "g" | Slots | Scalars>) => Readonly<Record<string, ElementValue>>,
): UpdateRule {
  const slotNames = Object.keys(slots);
  const arrays = ["p", "g", ...slotNames];
  const shared = Object.keys(scalars);
  const names = [...shared, "scale"];
  const expressions: Record<string, ElementValue> = Object.fromEntries([
    ...arrays.map((name) => [name, { kind: "array", name }] as const),
    ...names.map((name) => [name, { kind: "scalar", name }] as const),
  ]);
  const scaled: ElementValue = {
    kind: "computed",
    operation: "multiply",
    operands: [expressions["g"]!, expressions["scale"]!],
  };
  const stores = update({ ...expressions, g: scaled } as ByName<"p" | "g" | Slots | Scalars>);
  return { slots, scalars: Object.values<SharedNumber>(scalars), program: createProgram(arrays, names, stores) };
}
