/**
 * A graph function as equations. Values that are used once and have no name of their own stand where they are used, small
 * ones (`1 - z`, `tanh(c')`) wherever they are used. A loop is equations for each of its rounds: `v⟨r + 1⟩ = …`, `k[r] = …`.
 */
import { at, lookUp } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import { countUses } from "../../ir/graph/rewrite.js";
import { isCarried, operandKind, operandParts, resultParts, type Scan } from "../../ir/graph/scan.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/graph-function.js";
import {
  type Equation,
  type Formula,
  type FormulaName,
  infix,
  nameOf,
  plainName,
  type RoundIndex,
  wordsOf,
} from "./formula.js";
import { formulaOf, isSmall } from "./graph-formulas.js";

interface GraphNames {
  /** The name of a value in formulas, by that in the graph; of those that derivatives keep there is none. */
  readonly nameOf: (name: string) => FormulaName | undefined;
  /** What goes from round to round of a loop under this name, where it is one that the author gave. */
  readonly roundName: (name: string) => FormulaName | undefined;
  /** Whether a value with this name is defined elsewhere: it needs no equation here. */
  readonly isKnown: (name: FormulaName) => boolean;
  /** The name of the n-th value that needs one and has none. */
  readonly auxiliary: (count: number) => string;
  /** The index of a loop inside of so many others. */
  readonly index: (depth: number) => string;
}

/** A formula of this many levels gets a name: nobody reads deeper ones, and each level is one of recursion where it is printed. */
const LEVELS = 100;

/** In an order in which they can be computed. Outputs are `outputName` of their names in the graph. */
export function graphEquations(fn: GraphFunction, names: GraphNames): Equation[] {
  const book: Book = { names, equations: [], auxiliaries: 0, carried: new Set() };
  const named = new Map<ValueId, Formula>();
  const seen = new Set<string>();
  for (const [id, text] of fn.names.entries()) {
    const name = text === undefined || seen.has(text) ? undefined : names.nameOf(text);
    if (text === undefined || name === undefined) continue;
    seen.add(text);
    named.set(id, { kind: "name", name });
  }
  const writer = new EquationWriter(book, fn, named, new Map(), []);
  writer.writeInstructions();
  for (const [i, id] of fn.outputs.entries()) {
    const name = names.nameOf(at(fn.outputNames, i));
    invariant(name !== undefined, "an output has a name");
    const left: Formula = { kind: "name", name };
    const right = writer.formula(id);
    if (!isSameName(left, right)) book.equations.push({ left, right });
  }
  return book.equations;
}

function isSameName(a: Formula, b: Formula): boolean {
  if (a.kind !== "name" || b.kind !== "name") return false;
  const [one, other] = [a.name, b.name];
  const isSame = one.part === other.part && one.next === other.next && one.role === other.role;
  return isSame && wordsOf(one).join(".") === wordsOf(other).join(".");
}

/** What all loops of a function share. */
interface Book {
  readonly names: GraphNames;
  readonly equations: Equation[];
  auxiliaries: number;
  /** Names of what goes from round to round. */
  readonly carried: Set<string>;
}

/** A formula without a name, and how many levels it has. */
interface WrittenFormula {
  readonly formula: Formula;
  readonly level: number;
}

/** The equations of a function, or of the body of a loop. */
class EquationWriter {
  private readonly book: Book;
  private readonly fn: GraphFunction;
  private readonly named: Map<ValueId, Formula>;
  /** What has no name: each formula is made once, from those of its operands, which come before it. */
  private readonly written: Map<ValueId, WrittenFormula>;
  /** What a loop gives of each round, as it stands in that round. */
  private readonly elements = new Map<ValueId, Formula>();
  private readonly rounds: readonly RoundIndex[];
  private readonly uses: ReadonlyMap<ValueId, number>;

  constructor(
    book: Book,
    fn: GraphFunction,
    named: Map<ValueId, Formula>,
    given: Map<ValueId, WrittenFormula>,
    rounds: readonly RoundIndex[],
  ) {
    this.book = book;
    this.fn = fn;
    this.named = named;
    this.written = given;
    this.rounds = rounds;
    this.uses = countUses(fn);
    for (const { operation, operands, results } of fn.instructions) {
      // It only says how to differentiate what its first operand is.
      if (operation.kind !== "custom_derivative") continue;
      const [own, value] = [named.get(at(results, 0)), at(operands, 0)];
      if (own !== undefined && this.isKnown(own) && !named.has(value)) named.set(value, own);
    }
  }

  formula(id: ValueId): Formula {
    return this.named.get(id) ?? lookUp(this.written, id).formula;
  }

  writeInstructions(): void {
    for (const instruction of this.fn.instructions) {
      if (instruction.operation.kind === "scan") this.writeLoop(instruction, instruction.operation);
      else this.writeInstruction(instruction);
    }
  }

  private isKnown(formula: Formula): boolean {
    return formula.kind === "name" && this.book.names.isKnown(formula.name);
  }

  private level(id: ValueId): number {
    return this.named.has(id) ? 0 : (this.written.get(id)?.level ?? 0);
  }

  private writeInstruction(instruction: Instruction): void {
    const id = at(instruction.results, 0);
    const own = this.named.get(id);
    if (own !== undefined && this.isKnown(own)) return;
    const right = formulaOf(instruction, this.fn, (operand) => this.formula(operand));
    const level = 1 + instruction.operands.reduce((most, operand) => Math.max(most, this.level(operand)), 0);
    const isRepeated = (this.uses.get(id) ?? 0) > 1 && !isSmall(instruction, right);
    if (own !== undefined) this.add(own, right);
    else if (isRepeated || level >= LEVELS) {
      const left = this.rounds.reduce(entryOf, this.auxiliary());
      this.named.set(id, left);
      this.add(left, right);
    } else this.written.set(id, { formula: right, level });
  }

  private add(left: Formula, right: Formula, rounds = this.rounds): void {
    this.book.equations.push(rounds.length === 0 ? { left, right } : { left, right, rounds });
  }

  private auxiliary(): Formula {
    const text = this.book.names.auxiliary(++this.book.auxiliaries);
    return { kind: "name", name: { ...plainName(text), role: "auxiliary" } };
  }

  /** What goes from round to round at its beginning, in each round, and what rounds give besides. */
  private writeLoop({ operands, results }: Instruction, loop: Scan): void {
    const { body, length, reverse } = loop;
    if (!results.some((id, i) => this.isMissing(id, isCarried(loop, i)))) return;
    const index = this.book.names.index(this.rounds.length);
    const round: RoundIndex = { index, count: length };
    const steps = places(round);
    const names = resultParts(loop, results).carried.map((_, i) => this.stateName(body, i));
    const state = (i: number, place: Formula): Formula => ({ kind: "in-round", operand: at(names, i), round: place });

    for (const [i, value] of operandParts(loop, operands).carried.entries())
      this.add(state(i, reverse ? steps.end : steps.first), this.formula(value));
    const given = body.inputs.map((input, i): [ValueId, WrittenFormula] => {
      const value = at(operands, i);
      const kind = operandKind(loop, i);
      if (kind === "carried") return [input, { formula: state(i, reverse ? steps.next : steps.here), level: 1 }];
      if (kind === "sequence") return [input, { formula: this.element(value, round), level: 1 }];
      return [input, { formula: this.formula(value), level: this.level(value) }];
    });
    const after = names.map((_, i) => state(i, reverse ? steps.here : steps.next));
    const named = new Map<ValueId, Formula>();
    for (const [i, formula] of after.entries()) {
      const output = at(body.outputs, i);
      if (!body.inputs.includes(output) && !named.has(output)) named.set(output, formula);
    }
    const inside = new EquationWriter(this.book, body, named, new Map(given), [...this.rounds, round]);
    inside.writeInstructions();
    for (const [i, result] of results.entries()) {
      const right = inside.formula(at(body.outputs, i));
      if (!isCarried(loop, i)) this.collect(result, right, inside.rounds);
      else {
        if (right !== after[i]) inside.add(at(after, i), right);
        this.finish(result, state(i, reverse ? steps.first : steps.end));
      }
    }
  }

  /** Whether a result of a loop is needed, and is no value with a name: what all its rounds give is not the value that the author named. */
  private isMissing(id: ValueId, isLast: boolean): boolean {
    const own = this.named.get(id);
    if (isLast && own !== undefined) return !this.isKnown(own);
    return own !== undefined || (this.uses.get(id) ?? 0) > 0;
  }

  /** What goes from round to round has the name of the author's, where that is not taken. */
  private stateName(body: GraphFunction, i: number): Formula {
    const name = this.book.names.roundName(body.names[at(body.inputs, i)] ?? "");
    const key = name && [name.role, ...wordsOf(name), name.part ?? ""].join(" ");
    if (name === undefined || key === undefined || this.book.carried.has(key)) return this.auxiliary();
    this.book.carried.add(key);
    return { kind: "name", name };
  }

  /** Of a sequence, what a round reads. */
  private element(id: ValueId, round: RoundIndex): Formula {
    return this.elements.get(id) ?? entryOf(this.formula(id), round);
  }

  /** The value after the last round. */
  private finish(id: ValueId, value: Formula): void {
    const own = this.named.get(id);
    if (own === undefined) this.written.set(id, { formula: value, level: 1 });
    else if (!this.isKnown(own)) this.add(own, value);
  }

  /** What each round gives, one after the other. */
  private collect(id: ValueId, element: Formula, rounds: readonly RoundIndex[]): void {
    if (!this.isMissing(id, false)) return;
    const own = this.named.get(id);
    const needed = own !== undefined && !this.isKnown(own) ? own : undefined;
    const round = at(rounds, rounds.length - 1);
    const whole = collected(element, round);
    if (whole !== undefined && needed === undefined) {
      this.named.set(id, whole);
      return;
    }
    // What goes from round to round needs no other name where rounds read it.
    if (element.kind === "in-round") this.elements.set(id, element);
    if (element.kind === "in-round" && !isReadWhole(this.fn, id)) return;
    const left = needed ?? this.rounds.reduce(entryOf, this.auxiliary());
    this.named.set(id, left);
    this.add(entryOf(left, round), element, rounds);
  }
}

/** What an element is that of in its round. */
function collected(element: Formula, { index }: RoundIndex): Formula | undefined {
  if (element.kind !== "part" || element.axis !== 0 || element.part.kind !== "entry") return undefined;
  const { at: place } = element.part;
  return place.kind === "name" && isSameName(place, nameOf(index)) ? element.operand : undefined;
}

/** An entry of a tensor with one for each round. */
function entryOf(operand: Formula, { index }: RoundIndex): Formula {
  return { kind: "part", operand, axis: 0, part: { kind: "entry", at: nameOf(index) } };
}

/** How rounds are counted. */
function places({ index, count }: RoundIndex): Readonly<Record<"first" | "here" | "next" | "end", Formula>> {
  const here = nameOf(index);
  const next = infix("add", here, { kind: "number", value: 1 });
  return { first: { kind: "number", value: 0 }, here, next, end: { kind: "dimension", dim: count } };
}

/** Whether anything but rounds reads a sequence, which take an element each. */
function isReadWhole(fn: GraphFunction, id: ValueId): boolean {
  const isElement = ({ operation }: Instruction, i: number): boolean =>
    operation.kind === "scan" && operandKind(operation, i) === "sequence";
  return (
    fn.outputs.includes(id) ||
    fn.instructions.some((one) => one.operands.some((operand, i) => operand === id && !isElement(one, i)))
  );
}
