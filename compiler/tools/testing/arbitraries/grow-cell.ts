/** Grows a random well-typed cell from random choices. */
import { at } from "../../../base/at.js";
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
  return at(items, choose(items.length));
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
  "delay([$, -$], by = [1.2, 2 + 0.4 * sin(n)], most = 3)[1]",
  "(sigmoid($) + sum(past($, 2), axis = 0))",
  "tanh($ + delay(#, by = 2))",
];

/** Makes one value of several. */
const joints = ["($ * $)", "($ - $)", "(sigmoid($) * $)"];

export function growCell(choose: Choose, options: ArbitraryCellOptions = {}): CellParts {
  return new CellGrower(choose, options).grow();
}

const shapes = Object.keys(shapedForms) as TermShape[];

class CellGrower {
  private readonly choose: Choose;
  private readonly smooth: boolean;
  private readonly depth: number;
  private readonly equations: number;
  /** What terms may read, the more often the more often it is here. */
  private readonly leaves: Term[] = [
    leaf("I", "x"),
    leaf("S,H", "m"),
    leaf("H", "h"),
    leaf("H", "g"),
    ...parameters.map(({ name, shape }) => leaf(shape, name)),
  ];
  private readonly between: DrawnEquation[] = [];
  private readonly next: DrawnEquation[] = [];
  private indices = 0;

  constructor(choose: Choose, { smooth = false, depth = 3, equations = 3 }: ArbitraryCellOptions) {
    this.choose = choose;
    this.smooth = smooth;
    this.depth = depth;
    this.equations = equations;
  }

  grow(): CellParts {
    const { choose, depth, leaves, between, next } = this;
    const initial = choose(3) === 0 ? this.pick(initials) : undefined;
    const states = ["h", "c"].slice(0, 1 + choose(2));
    if (states.length > 1) leaves.push(leaf("H", "c"));
    const counts = choose(6) === 0;
    if (counts) leaves.push(leaf("", "n"), leaf("", "n"));
    const inner = choose(4) === 0 ? this.term("I", depth - 1) : undefined;
    if (inner !== undefined) leaves.push(leaf("H", "inner.s"));
    const innerState = inner !== undefined && choose(2) === 0 ? this.term("H", depth - 1) : undefined;
    if (inner !== undefined) leaves.push(leaf("H", "u"), leaf("H", "inner.s'"));
    for (let i = choose(this.equations + 1); i > 0; i--) this.add(this.term(this.pick(shapes), depth));
    const ends = this.endings(states.length + 1);
    for (const [i, name] of states.entries())
      this.addState(
        name,
        ends(i, () => this.term("H", depth)),
      );
    if (counts) this.addCounter();
    const shape = choose(2) === 0 ? "H" : this.pick(shapes);
    const outputs: DrawnEquation[] = [{ name: "y", value: ends(states.length, () => this.term(shape, depth - 1)) }];
    if (choose(3) === 0) outputs.push({ name: "z", value: this.term(this.pick(shapes), depth - 1) });
    this.delaySome(counts);
    return { between, inner, innerState, next, initial, outputs };
  }

  private pick<Item>(items: readonly Item[]): Item {
    return pick(this.choose, items);
  }

  private isAllowed({ rough }: TermForm): boolean {
    return !this.smooth || rough !== true;
  }

  /** A term may stand within another: each has letters of its own. */
  private withIndices(text: string): string {
    const own = this.indices++;
    return text.replaceAll("##", `l${own}`).replaceAll("#", `i${own}`);
  }

  private term(shape: TermShape, levels: number): Term {
    if (shape === "number") return term("number", this.pick(numbers));
    const own = this.leaves.filter((candidate) => candidate.shape === shape);
    if (levels <= 0) return own.length === 0 ? simplest[shape] : this.pick(own);
    const all: readonly TermForm[] = [...elementwiseForms(shape), ...shapedForms[shape], ...shapedForms[shape]];
    const form = this.pick(all.filter((one) => this.isAllowed(one)));
    // Operands of less depth now and then, or trees would all be full.
    const below = this.choose(3) === 0 ? 0 : levels - 1;
    const text = this.withIndices(form.text);
    const operands = form.operands.map((operand) => this.term(operand, below));
    return term(shape, text, operands, form.uses);
  }

  /** An equation, to be read by what comes later. */
  private add(value: Term): Term {
    const own = leaf(value.shape, `e${this.between.length}`);
    this.between.push({ name: own.uses as string, value });
    // Twice, so that equations are read more often than parameters.
    this.leaves.push(own, own);
    return own;
  }

  /** Values that have to be read, or nothing would be left of them, in `count` terms; other terms where none is left. */
  private endings(count: number): (place: number, otherwise: () => Term) => Term {
    const waiting = this.choose(4) === 0 ? growSystem(this.choose, this.leaves).map((value) => this.add(value)) : [];
    return (place, otherwise) => {
      const [first, ...rest] = waiting.splice(0, Math.ceil(waiting.length / (count - place)));
      return rest.reduce((all, other) => term("H", this.pick(joints), [all, other]), first ?? otherwise());
    };
  }

  private addState(name: string, value: Term): void {
    const bounded = this.choose(6) === 0 ? term("H", "unit($)", [value], "unit") : term("H", "tanh($)", [value]);
    this.next.push({ name: `${name}'`, value: bounded });
    this.leaves.push(leaf("H", `${name}'`));
  }

  private addCounter(): void {
    const form = this.pick(counters.filter((one) => this.isAllowed(one)));
    const operands = form.operands.map(() => leaf("", "n"));
    this.next.push({ name: "n'", value: term("", form.text, operands) });
    this.leaves.push(leaf("", "n'"));
  }

  /** @param counts whether there is a number of steps, in `n` */
  private delaySome(counts: boolean): void {
    for (const [i, { name, value }] of this.between.entries()) {
      if (this.choose(6) > 0) continue;
      // A number of steps is an operand: what is left out to make a cell smaller leaves no name behind.
      const operands: Term[] = [];
      const text = this.pick(delays)
        .replace("#", name)
        .replaceAll(/\$|\(n\)/gu, (found) => {
          operands.push(found === "$" ? value : counts ? leaf("", "n") : term("", "2"));
          return found === "$" ? "$" : "($)";
        });
      this.between[i] = { name, value: term(value.shape, text, operands) };
    }
  }
}
