/**
 * Along which axes training may take the sequences of a network in chunks, each with the states that the one before has left: truncated
 * backpropagation. The losses of a sequence must be those of its chunks added up, and whatever goes along it must be a state.
 */
import { at } from "../../base/at.js";
import { constantOf, dimSymbol, equalDims, symbolsOf } from "../../base/types/dim.js";
import { definitions } from "../../ir/graph/rewrite.js";
import { operandParts } from "../../ir/graph/scan.js";
import type { GraphFunction, Instruction, Operation, OperationKind, ValueId } from "../../ir/graph/graph-function.js";
import { nameOf, outputName, typeOf } from "../../ir/graph/values.js";
import { type Causality, causalityOf, isCausal, type Reach, reachOfInput } from "../sequences/causality.js";
import { describeObstacle, PathSearch, type StreamObstacle } from "../sequences/find-stream.js";
import type { Program, ProgramRandom } from "../program.js";
import { nameOfRole } from "../base/roles.js";
import { partsOfLoss } from "../../../runtime/module/loss-parts.js";

export interface CutAxis {
  /** The symbol. */
  readonly axis: string;
  /** Those that a chunk hands on to the next. */
  readonly states: readonly string[];
  /** Why it cannot be cut. */
  readonly obstacle?: string;
  /** Parts of losses, by output, that are sums over its elements: those of chunks add up, where the others are the same in each. */
  readonly totals: readonly string[];
}

type CutProgram = Pick<Program, "axes" | "stream" | "inputs" | "states" | "losses" | "randoms" | "forward">;

/** Of every axis that an input has in front; nothing where there are no losses. */
export function findCuts(program: CutProgram): CutAxis[] {
  const { axes, losses = [], forward, inputs } = program;
  if (losses.length === 0) return [];
  const ofInputs = new Set(inputs.map(({ name }) => nameOfRole({ kind: "input", name })));
  const fronts = forward.inputs
    .filter((id) => ofInputs.has(nameOf(forward, id)))
    .map((id) => typeOf(forward, id).shape[0]);
  const cut = axes.filter(({ symbol }) => fronts.some((front) => front && equalDims(front, dimSymbol(symbol))));
  return cut.map(({ symbol }) => new CutSearch(program, symbol).search());
}

/** What is in the way, and the names of what stands between a loss and it. */
type CutFault = Pick<StreamObstacle, "path" | "what">;

class CutSearch {
  private readonly program: CutProgram;
  private readonly symbol: string;
  private readonly fn: GraphFunction;
  private readonly causality: Causality;
  private readonly defined: ReadonlyMap<ValueId, Instruction>;
  private readonly shown: ReadonlyMap<string, string>;

  constructor(program: CutProgram, symbol: string) {
    const { forward, inputs } = program;
    this.program = program;
    this.symbol = symbol;
    this.fn = forward;
    const given = forward.inputs.map((id) => reachOfInput(typeOf(forward, id).shape, symbol));
    this.causality = causalityOf(forward, symbol, given);
    this.defined = definitions(forward);
    this.shown = new Map(inputs.map(({ name }) => [nameOfRole({ kind: "input", name }), name]));
  }

  search(): CutAxis {
    const { fn, program, symbol } = this;
    const needed = new Set<ValueId>();
    const added: string[] = [];
    for (const loss of program.losses ?? []) {
      const [, ...totals] = partsOfLoss(loss);
      for (const part of totals) {
        const id = this.outputAt(nameOfRole({ kind: "output", name: part }));
        if (id === undefined) continue;
        const fault = this.faultOfTotal(id) ?? this.faultOfSeams(id, needed) ?? this.faultOfMixture(id);
        if (this.isSumAlong(id)) added.push(part);
        if (fault === undefined) continue;
        const path = fault.path.filter((name) => name !== loss);
        const obstacle = { output: loss, axis: symbol, path, what: fault.what, span: undefined };
        return { axis: symbol, states: [], obstacle: describeObstacle(obstacle), totals: [] };
      }
    }
    const names = new Set(fn.inputs.filter((id) => needed.has(id)).map((id) => nameOf(fn, id)));
    const counters = this.drawnAlong().map((random) => (names.has(nameOfDraw(random)) ? random.counter : undefined));
    const states = program.states.filter(({ name }) => {
      const [first, last] = [nameOfRole({ kind: "initial", name }), nameOfRole({ kind: "final", name })];
      const end = this.outputAt(last);
      const isRead = names.has(first) || counters.includes(name);
      return isRead && end !== undefined && this.reachOf(end).kind !== "same";
    });
    return { axis: symbol, states: states.map(({ name }) => name), totals: added };
  }

  /** What is drawn for each element. */
  private drawnAlong(): readonly ProgramRandom[] {
    return this.program.randoms.filter((random) => isDrawnAlong(random, this.symbol));
  }

  /** Of what is not drawn by the number of the element. */
  private faultOfDraw(name: string): string | undefined {
    const isUncounted = this.drawnAlong().some((own) => own.counter === undefined && nameOfDraw(own) === name);
    // prettier-ignore
    return isUncounted ? `draws by the place in each chunk; a network whose outputs all go along \`${this.symbol}\` draws by that in the sequence` : undefined;
  }

  /** What stands beside a sum over elements would be counted by every chunk. */
  private faultOfMixture(id: ValueId): CutFault | undefined {
    if (!this.isMixed(id)) return undefined;
    return { path: [], what: `adds something to a sum over \`${this.symbol}\`; as a loss of its own it could stand beside it` }; // prettier-ignore
  }

  private isSumAlong(id: ValueId): boolean {
    const made = this.defined.get(id);
    if (this.reachOf(id).kind === "same" || this.isNothing(id)) return false;
    const parts = made && partsOfTotal(made, this.known);
    if (made === undefined || typeof parts !== "object" || made.operation.kind === "dimension") return true;
    return parts.elements.length > 0 || parts.totals.some((total) => this.isSumAlong(total));
  }

  /** Does it add anything to sums over the elements? */
  private isMixed(id: ValueId): boolean {
    const made = this.defined.get(id);
    if (made === undefined || !this.isSumAlong(id)) return false;
    const parts = partsOfTotal(made, this.known);
    if (typeof parts === "string") return false;
    const { operation, operands } = made;
    const op = operation.kind === "map" ? operation.op : undefined;
    const terms = op === "add" || op === "sub" ? operands : op === "select" ? operands.slice(1) : [];
    const isOther = terms.some((term) => !this.isSumAlong(term) && !this.isNothing(term));
    return isOther || parts.totals.some((total) => this.isMixed(total));
  }

  /** Zero times something: what makes a number that all examples share one of each. */
  private isNothing(id: ValueId): boolean {
    const made = this.defined.get(id);
    if (made?.operation.kind === "constant") return made.operation.value === 0;
    return made?.operation.kind === "map" && made.operation.op === "mul" && made.operands.some((operand) => this.isNothing(operand)); // prettier-ignore
  }

  private outputAt(name: string): ValueId | undefined {
    return this.fn.outputs.find((_, i) => outputName(this.fn, i) === name);
  }

  private reachOf(id: ValueId): Reach {
    return this.causality.reaches.get(id) ?? { kind: "same" };
  }

  /** Is it a sum over elements, each made of what there is up to its place, beside what is made of none? */
  private faultOfTotal(id: ValueId, path: readonly string[] = []): CutFault | undefined {
    if (this.reachOf(id).kind === "same") return undefined;
    const instruction = this.defined.get(id);
    const own = this.pathWith(path, id);
    if (instruction === undefined) return { path: own, what: "has the sequence elsewhere than in front" };
    const parts = partsOfTotal(instruction, this.known);
    if (typeof parts === "string") return { path: own, what: parts };
    for (const operand of parts.totals) {
      const fault = this.faultOfTotal(operand, own);
      if (fault !== undefined) return fault;
    }
    for (const operand of parts.elements) {
      const fault = this.faultOfEntries(operand, own);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  private readonly known: TotalOperands = {
    reachOf: (operand) => this.reachOf(operand),
    isSequence: (operand) => this.isSequence(operand),
  };

  private isSequence(id: ValueId): boolean {
    return typeOf(this.fn, id).shape.some((dim) => symbolsOf(dim).includes(this.symbol));
  }

  private faultOfEntries(id: ValueId, path: readonly string[]): CutFault | undefined {
    const reach = this.reachOf(id);
    if (reach.kind === "same") return undefined;
    if (reach.kind === "along" && constantOf(reach.extra) === 0 && isCausal(reach)) return undefined;
    const found = new PathSearch(this.fn, this.causality, this.shown).from(id, "");
    return { what: found.what, path: [...path, ...found.path.filter((name) => !path.includes(name))] };
  }

  /** Does all that goes along the sequence on the way to a value go on from a state? */
  private faultOfSeams(end: ValueId, seen: Set<ValueId>): CutFault | undefined {
    const cameFrom = new Map<ValueId, ValueId | undefined>([[end, undefined]]);
    for (const id of cameFrom.keys()) {
      const instruction = this.defined.get(id);
      seen.add(id);
      const what = instruction ? this.seamOf(instruction) : this.faultOfDraw(nameOf(this.fn, id));
      if (what !== undefined) {
        let path: readonly string[] = [];
        for (let at = instruction ? id : cameFrom.get(id); at !== undefined; at = cameFrom.get(at)) path = [...this.pathWith([], at), ...path]; // prettier-ignore
        return { path: [...new Set(path)], what };
      }
      for (const operand of instruction?.operands ?? []) if (!cameFrom.has(operand)) cameFrom.set(operand, id);
    }
    return undefined;
  }

  /** What begins anew in every chunk. */
  private seamOf(instruction: Instruction): string | undefined {
    const { operation, operands, results } = instruction;
    const isAlong = (id: ValueId, axis: number): boolean => {
      const reach = this.reachOf(id);
      return reach.kind === "along" && reach.axis === axis;
    };
    if (operation.kind === "scan") {
      if (!equalDims(operation.length, dimSymbol(this.symbol))) return undefined;
      const isKept = operandParts(operation, operands).carried.every((id, i) => this.goesOn(id, at(results, i)));
      return isKept ? undefined : "begins as an equation says, in every chunk";
    }
    if (operation.kind === "concat") {
      const [first] = operands;
      const place = operands.findIndex((id) => isAlong(id, operation.axis));
      if (place <= 0 || first === undefined) return undefined;
      return operands.slice(0, place).every((id) => this.goesOn(id)) ? undefined : "begins anew in every chunk";
    }
    if (operation.kind === "pad" && isAlong(at(operands, 0), operation.axis))
      return constantOf(operation.before) === 0 ? undefined : "begins anew in every chunk";
    const counts = operation.kind === "iota" && equalDims(operation.length, dimSymbol(this.symbol));
    return counts && this.program.stream !== this.symbol ? "counts its elements anew in every chunk" : undefined;
  }

  /** Is it made of a state, the one that ends as `last` where that is told? */
  private goesOn(id: ValueId, last?: ValueId): boolean {
    const isState = (name: string): boolean =>
      this.program.states.some((state) => {
        const ends = this.outputAt(nameOfRole({ kind: "final", name: state.name }));
        return nameOfRole({ kind: "initial", name: state.name }) === name && (last === undefined || ends === last);
      });
    const around = new Set([id]);
    for (const value of around) {
      const made = this.defined.get(value);
      if (made === undefined && isState(nameOf(this.fn, value))) return true;
      // As far as it is chosen between the state and what the sequence begins with.
      for (const operand of made?.operands ?? []) around.add(operand);
    }
    return false;
  }

  private pathWith(path: readonly string[], id: ValueId): readonly string[] {
    const name = this.fn.names[id];
    if (name === undefined || this.fn.outputs.includes(id)) return path;
    const shown = this.shown.get(name) ?? name;
    return path.includes(shown) ? path : [...path, shown];
  }
}

export const isDrawnAlong = ({ over, shape }: ProgramRandom, symbol: string): boolean =>
  over.includes(symbol) || shape.some((dim) => symbolsOf(dim).includes(symbol));

const nameOfDraw = ({ name }: ProgramRandom): string => nameOfRole({ kind: "random", name });

/** Operands that must be totals themselves, and those whose elements are added up. */
interface TotalParts {
  readonly totals: readonly ValueId[];
  readonly elements: readonly ValueId[];
}

interface TotalOperands {
  readonly reachOf: (id: ValueId) => Reach;
  /** Has it an axis along the sequence? */
  readonly isSequence: (id: ValueId) => boolean;
}

type TotalRule<K extends OperationKind> = (
  operation: Extract<Operation, { kind: K }>,
  operands: readonly ValueId[],
  known: TotalOperands,
) => TotalParts | string;

const allTotals = (_: Operation, operands: readonly ValueId[]): TotalParts => ({ totals: operands, elements: [] });

/** What keeps a sum a sum; anything else of it is none. */
const totalRules: { readonly [K in OperationKind]?: TotalRule<K> } = {
  batch_sum: allTotals,
  broadcast: allTotals,
  reshape: allTotals,
  transpose: allTotals,
  slice: allTotals,
  concat: allTotals,
  dimension: () => ({ totals: [], elements: [] }),
  map({ op }, operands, { reachOf }) {
    const isSame = (id: ValueId): boolean => reachOf(id).kind === "same";
    const others = operands.filter((id) => !isSame(id));
    const fits = operands.every((id, i) => isSame(id) || linearIn[op]?.(i) === true);
    const isProduct = op === "mul" && others.length === 1;
    return fits || isProduct ? { totals: others, elements: [] } : `takes \`${op}\` of what all elements make together`;
  },
  reduce({ op, axes }, operands, { reachOf, isSequence }) {
    const operand = at(operands, 0);
    const reach = reachOf(operand);
    if (op !== "sum" || (reach.kind === "along" && !axes.includes(reach.axis)))
      return `takes the ${op} over all elements`;
    return isSequence(operand) ? { totals: [], elements: [operand] } : { totals: [operand], elements: [] };
  },
  contract(_, operands, { reachOf, isSequence }) {
    const others = operands.filter((id) => reachOf(id).kind !== "same");
    const along = others.filter(isSequence);
    if (along.length === others.length) return { totals: [], elements: along };
    return others.length === 1 ? { totals: others, elements: [] } : "multiplies what all elements make together";
  },
};

/** Of which operands a result is a sum where they are. */
const linearIn: { readonly [op: string]: ((place: number) => boolean) | undefined } = {
  add: () => true,
  sub: () => true,
  neg: () => true,
  div: (place) => place === 0,
  select: (place) => place > 0,
};

function partsOfTotal({ operation, operands }: Instruction, known: TotalOperands): TotalParts | string {
  const rules = totalRules as { readonly [K in OperationKind]?: TotalRule<OperationKind> };
  return rules[operation.kind]?.(operation, operands, known) ?? "is known after the last element only";
}
