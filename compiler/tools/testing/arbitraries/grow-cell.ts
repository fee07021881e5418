/** Grows a random well-typed cell from random choices. */
import { type CellParts, type DrawnEquation, parameters } from "./cell-parts.js";
import { leaf, type TermShape, simplest, type Term, term } from "./term.js";
import { growSystem } from "./product-systems.js";
import { elementwiseForms, shapedForms, type TermForm } from "./term-forms.js";

export interface ArbitraryCellOptions {
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

/** Initial values: of parameters, and of contexts that may be read nowhere else. */
const initials: readonly Term[] = [
  leaf("H", "q"),
  term("H", "tanh($)", [leaf("H", "r")]),
  term("H", "mean($, axis = 0)", [leaf("S,H", "m")]),
  leaf("H", "g"),
  term("H", "sigmoid($)", [leaf("H", "g")]),
];

/** Next values of a counter. */
const counters: readonly TermForm[] = [
  { text: "($ + 1)", operands: [""] },
  { text: "(if $ >= 2 then 0 else $ + 1)", operands: ["", ""], rough: true },
  { text: "(floor($) + 1)", operands: [""], rough: true },
  { text: "max($ - 1, 0)", operands: [""], rough: true },
];

/** Values of earlier steps; `#` is the name of the equation. */
const delays = [
  "delay($, by = 2)",
  "delay($, by = 1, first = 0.5)",
  "past($, 3)[2]",
  "delay($, by = 1.5 + 0.4 * sin(n), most = 3)",
  "(sigmoid($) + sum(past($, 2), axis = 0))",
  "tanh($ + delay(#, by = 2))",
];

/** Makes one value of several. */
const joints = ["($ * $)", "($ - $)", "(sigmoid($) * $)"];

export function growCell(choose: Choose, options: ArbitraryCellOptions = {}): CellParts {
  const { smooth = false, depth = 3, equations = 3 } = options;
  const leaves: Term[] = [
    leaf("I", "x"),
    leaf("S,H", "m"),
    leaf("H", "h"),
    leaf("H", "g"),
    ...parameters.map(({ name, shape }) => leaf(shape, name)),
  ];
  let indices = 0;
  // A term may stand within another: each has letters of its own.
  const withIndices = (text: string): string => {
    const own = indices++;
    return text.replaceAll("##", `l${own}`).replaceAll("#", `i${own}`);
  };
  const allowed = ({ rough }: TermForm): boolean => !smooth || rough !== true;
  const grow = (shape: TermShape, levels: number): Term => {
    if (shape === "number") return term("number", pick(choose, numbers));
    const own = leaves.filter((candidate) => candidate.shape === shape);
    if (levels <= 0) return own.length === 0 ? simplest[shape] : pick(choose, own);
    const all: readonly TermForm[] = [...elementwiseForms(shape), ...shapedForms[shape], ...shapedForms[shape]];
    const form = pick(choose, all.filter(allowed));
    // Operands of less depth now and then, or trees would all be full.
    const below = choose(3) === 0 ? 0 : levels - 1;
    return term(
      shape,
      withIndices(form.text),
      form.operands.map((operand) => grow(operand, below)),
      form.uses,
    );
  };

  const initial = choose(3) === 0 ? pick(choose, initials) : undefined;
  const states = ["h", "c"].slice(0, 1 + choose(2));
  if (states.length > 1) leaves.push(leaf("H", "c"));
  const counts = choose(6) === 0;
  if (counts) leaves.push(leaf("", "n"), leaf("", "n"));
  const inner = choose(4) === 0 ? grow("I", depth - 1) : undefined;
  if (inner !== undefined) leaves.push(leaf("H", "inner.s"));
  const innerState = inner !== undefined && choose(2) === 0 ? grow("H", depth - 1) : undefined;
  if (inner !== undefined) leaves.push(leaf("H", "u"), leaf("H", "inner.s'"));
  const between: DrawnEquation[] = [];
  const add = (value: Term): Term => {
    const own = leaf(value.shape, `e${between.length}`);
    between.push({ name: own.uses as string, value });
    // Twice, so that equations are read more often than parameters.
    leaves.push(own, own);
    return own;
  };
  const shapes = Object.keys(shapedForms) as TermShape[];
  for (let i = choose(equations + 1); i > 0; i--) add(grow(pick(choose, shapes), depth));
  // Values that have to be read, or nothing would be left of them.
  const waiting = choose(4) === 0 ? growSystem(choose, leaves).map(add) : [];
  const next: DrawnEquation[] = [];
  const ends = states.length + 1;
  const end = (place: number, otherwise: () => Term): Term => {
    const [first, ...rest] = waiting.splice(0, Math.ceil(waiting.length / (ends - place)));
    return rest.reduce((all, other) => term("H", pick(choose, joints), [all, other]), first ?? otherwise());
  };
  for (const [i, name] of states.entries()) {
    const value = end(i, () => grow("H", depth));
    next.push({
      name: `${name}'`,
      value: choose(6) === 0 ? term("H", "unit($)", [value], "unit") : term("H", "tanh($)", [value]),
    });
    leaves.push(leaf("H", `${name}'`));
  }
  if (counts) {
    const form = pick(choose, counters.filter(allowed));
    next.push({
      name: "n'",
      value: term(
        "",
        form.text,
        form.operands.map(() => leaf("", "n")),
      ),
    });
    leaves.push(leaf("", "n'"));
  }
  const shape = choose(2) === 0 ? "H" : pick(choose, shapes);
  const outputs: DrawnEquation[] = [{ name: "y", value: end(states.length, () => grow(shape, depth - 1)) }];
  if (choose(3) === 0) outputs.push({ name: "z", value: grow(pick(choose, shapes), depth - 1) });
  for (const [i, { name, value }] of between.entries()) {
    if (choose(6) > 0) continue;
    // Where nothing is counted, the steps are a number.
    const text = pick(choose, delays)
      .replace("#", name)
      .replace("(n)", counts ? "(n)" : "(2)");
    const operands = text
      .split("$")
      .slice(1)
      .map(() => value);
    between[i] = { name, value: term(value.shape, text, operands) };
  }
  return { between, inner, innerState, next, initial, outputs };
}
