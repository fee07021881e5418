/** Grows a random well-typed cell from random choices. */
import { type CellParts, type Equation, parameters } from "./cell-parts.js";
import { leaf, type Shape, simplest, type Term, term } from "./term.js";
import { elementwiseForms, shapedForms, type TermForm } from "./term-forms.js";

export interface CellOptions {
  /**
   * Leaves out operations with kinks and jumps (`abs`, `max`, comparisons, …), `stop_gradient`, and functions that declare
   * another derivative than their own. False unless told.
   */
  readonly smooth?: boolean;
  /** How deep the expressions of equations may be; 3 unless told. */
  readonly depth?: number;
  /** How many equations there may be beside those of states and outputs; 3 unless told. */
  readonly equations?: number;
}

/** An integer from 0 to `count - 1`. */
export type Choose = (count: number) => number;

const numbers = ["1", "0.5", "2", "0.25", "1.5", "3"];

function pick<Item>(choose: Choose, items: readonly Item[]): Item {
  return items[choose(items.length)] as Item;
}

export function growCell(choose: Choose, options: CellOptions = {}): CellParts {
  const { smooth = false, depth = 3, equations = 3 } = options;
  const leaves: Term[] = [
    leaf("I", "x"),
    leaf("S,H", "m"),
    leaf("H", "h"),
    ...parameters.map(({ name, shape }) => leaf(shape, name)),
  ];
  const grow = (shape: Shape, levels: number): Term => {
    if (shape === "number") return term("number", pick(choose, numbers));
    const own = leaves.filter((candidate) => candidate.shape === shape);
    if (levels <= 0) return own.length === 0 ? simplest[shape] : pick(choose, own);
    const all: readonly TermForm[] = [...elementwiseForms(shape), ...shapedForms[shape], ...shapedForms[shape]];
    const form = pick(
      choose,
      all.filter((candidate) => !smooth || candidate.rough !== true),
    );
    // Operands of less depth now and then, or trees would all be full.
    const below = choose(3) === 0 ? 0 : levels - 1;
    return term(
      shape,
      form.text,
      form.operands.map((operand) => grow(operand, below)),
      form.uses,
    );
  };

  const initial = choose(3) === 0 ? pick(choose, [leaf("H", "q"), term("H", "tanh($)", [leaf("H", "r")]), term("H", "mean($, axis = 0)", [leaf("S,H", "m")])]) : undefined; // prettier-ignore
  const states = ["h", "c"].slice(0, 1 + choose(2));
  if (states.length > 1) leaves.push(leaf("H", "c"));
  const inner = choose(4) === 0 ? grow("I", depth - 1) : undefined;
  if (inner !== undefined) leaves.push(leaf("H", "u"), leaf("H", "inner.s"), leaf("H", "inner.s'"));
  const between: Equation[] = [];
  const shapes = Object.keys(shapedForms) as Shape[];
  for (let i = choose(equations + 1); i > 0; i--) {
    const shape = pick(choose, shapes);
    const name = `e${between.length}`;
    between.push({ name, value: grow(shape, depth) });
    // Twice, so that equations are read more often than parameters.
    leaves.push(leaf(shape, name), leaf(shape, name));
  }
  const next: Equation[] = [];
  for (const name of states) {
    next.push({ name: `${name}'`, value: term("H", "tanh($)", [grow("H", depth)]) });
    leaves.push(leaf("H", `${name}'`));
  }
  const outputs: Equation[] = [{ name: "y", value: grow(choose(2) === 0 ? "H" : pick(choose, shapes), depth - 1) }];
  if (choose(3) === 0) outputs.push({ name: "z", value: grow(pick(choose, shapes), depth - 1) });
  return { between, inner, next, initial, outputs };
}
