/**
 * Decides which formulas of a block lie in memory (*roots*) and in which order everything runs.
 *
 * A formula becomes a root where something needs its elements at regular places (an operand of a product, an output, a
 * sequence of a scan), or where it is dear and would be computed in two places or again and again in an inner loop.
 *
 * *Levels* give the order: at each level first the elementwise regions run, then products, reductions, scatters and
 * scans; results of these stand one level higher. Roots of one level with the same loops share a region.
 */
import { at } from "../../base/at.js";
import { operandParts } from "../../ir/graph/scan.js";
import type { Instruction, ValueId } from "../../ir/graph/graph-function.js";
import type { ScalarOp } from "../../ir/ops/scalar-ops.js";
import { constantOf } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import type { Block } from "./block.js";
import { operandsOf, resultsOf, type Work } from "./works.js";

export interface BlockPlan {
  readonly level: (id: ValueId) => number;
  readonly workLevel: (work: Work) => number;
}

// These numbers are of no machine: blocks are planned once, and passes of all targets begin from these kernels, whose sums are
// compared bit by bit. So costs are coarse, and hold anywhere: an addition is one, a division several, a function tens.

/** Longer chains of formulas are stored on the way: each link is a step of recursion and a line in one loop. */
const CHAIN_LIMIT = 200;
/** Operations of one formula, written out where each is used: sums of overlapping parts double with every level. */
const PARTS_LIMIT = 2000;

/** Formulas of at most this cost are computed again rather than stored. */
const CHEAP = 3;

const opCosts: Readonly<Record<ScalarOp, number>> = {
  stop_gradient: 0,
  ...{ neg: 1, abs: 1, sign: 1, floor: 1, round: 1, add: 1, sub: 1, mul: 1, strong_mul: 1 },
  ...{ min: 1, max: 1, clamp: 1, select: 1, lt: 1, le: 1, eq: 1, ne: 1, not: 1, and: 1, or: 1 },
  ...{ div: 4, strong_div: 4, sqrt: 4 },
  ...{ exp: 20, expm1: 20, log: 20, log1p: 20, sin: 20, cos: 20, tanh: 20, sigmoid: 20 },
  ...{ softplus: 30, erf: 30, atan: 30, pow: 40 },
};

/** A reduction whose loops follow memory: adds into its result in place, so it shares a region with its operand. */
export function addsInPlace(work: Work, block: Block): boolean {
  if (work.kind !== "reduction" || work.op !== "sum") return false;
  const rank = block.typeOf(work.operand).shape.length;
  return rank > work.axes.length && !work.axes.includes(rank - 1);
}

export function spaceKey(shape: Shape, perExample: boolean): string {
  return `${perExample ? "B" : "1"}|${shape.map((dim) => dim.key).join("|")}`;
}

export function planBlock(block: Block): BlockPlan {
  const planner = new Planner(block);
  planner.findNeededRoots();
  while (planner.findRepeatedFormulas()) planner.forget();
  planner.forget();
  return { level: (id) => planner.level(id), workLevel: (work) => planner.workLevel(work) };
}

class Planner {
  private readonly block: Block;
  private readonly levels = new Map<ValueId, number>();
  /** Formulas that contain, at the same indices, a root of their own level. */
  private readonly containsRoot = new Set<ValueId>();
  private readonly costs = new Map<ValueId, number>();
  private readonly units = new Map<ValueId, ReadonlySet<string>>();
  private readonly formulaUsers = new Map<ValueId, Instruction[]>();
  private readonly workUsers = new Map<ValueId, Work[]>();

  constructor(block: Block) {
    this.block = block;
    const { works } = block.works;
    const add = <T>(map: Map<ValueId, T[]>, id: ValueId, user: T) => {
      const users = map.get(id);
      if (users === undefined) map.set(id, [user]);
      else if (users[users.length - 1] !== user) users.push(user);
    };
    for (const work of works) for (const id of operandsOf(work)) add(this.workUsers, id, work);
    for (const instruction of this.liveFormulas()) {
      for (const id of instruction.operands) add(this.formulaUsers, id, instruction);
    }
  }

  private liveFormulas(): Instruction[] {
    const { live } = this.block.works;
    return this.block.fn.instructions.filter((instruction) => {
      const result = at(instruction.results, 0);
      return live.has(result) && this.block.formulaOf(result) !== undefined;
    });
  }

  forget(): void {
    this.levels.clear();
    this.containsRoot.clear();
    this.costs.clear();
    this.units.clear();
    // In order, results of works too, so that no question about a value leads far back.
    const { live } = this.block.works;
    for (const { results } of this.block.fn.instructions) {
      const id = at(results, 0);
      if (!live.has(id)) continue;
      if (this.block.formulaOf(id) !== undefined) this.cost(id);
      this.level(id);
    }
  }

  /** Stores a value of every chain of formulas that grows too long, and of every formula that grows too large. */
  private breakChains(): void {
    const { block } = this;
    const lengths = new Map<ValueId, number>();
    const parts = new Map<ValueId, number>();
    for (const { operation, operands, results } of this.liveFormulas()) {
      const length = operands.reduce((longest, id) => Math.max(longest, (lengths.get(id) ?? 0) + 1), 0);
      const size = operands.reduce((sum, id) => sum + (parts.get(id) ?? 0), 1);
      const breaks = (length > CHAIN_LIMIT || size > PARTS_LIMIT) && operation.kind === "map";
      if (breaks) block.roots.add(at(results, 0));
      lengths.set(at(results, 0), breaks ? 0 : length);
      parts.set(at(results, 0), breaks ? 0 : size);
    }
  }

  findNeededRoots(): void {
    const { block } = this;
    this.breakChains();
    this.forget();
    for (const { id } of block.targets) if (block.formulaOf(id) !== undefined) block.roots.add(id);
    for (const work of block.works.works) {
      if (work.kind === "product") {
        for (const id of work.contract.operands) if (!isSplitOperand(block, id, true)) this.needPlace(id);
        if (work.initial !== undefined && !this.isStart(work.initial)) this.needPlace(work.initial);
      } else if (work.kind === "scatter") this.needPlace(work.index);
      else if (work.kind === "scan") this.needOperandsOfScan(work.instruction);
    }
    for (const { operation, operands, results } of this.liveFormulas()) {
      const id = at(results, 0);
      // Places are read where they lie, in whichever part.
      if (operation.kind === "concat" && block.typeOf(id).dtype === "index") this.needPlace(id);
      if (operation.kind === "gather") {
        this.needPlace(at(operands, 1));
        if (this.cost(at(operands, 0)) > CHEAP) this.needPlace(at(operands, 0));
      } else if (operation.kind === "to_index") {
        this.needPlace(at(operands, 0));
      } else if (operation.kind === "window") {
        this.needJoined(at(operands, 0), operation.axis);
      } else if (operation.kind === "concat" || operation.kind === "pad") {
        // Its parts are evaluated only where they apply, which index arithmetic inside them could not follow.
        for (const id of operands) if (!this.isPlain(id, Infinity)) this.needPlace(id);
      }
    }
  }

  /** What windows look at along the axis in which it is joined is stored: each element is read by several, which would each ask for its side. */
  private needJoined(id: ValueId, axis: number): void {
    let formula = this.block.formulaOf(id);
    while (formula?.operation.kind === "slice") formula = this.block.formulaOf(at(formula.operands, 0));
    if (formula?.operation.kind === "concat" && formula.operation.axis === axis) this.needPlace(at(formula.results, 0));
  }

  private needOperandsOfScan({ operation, operands }: Instruction): void {
    if (operation.kind !== "scan") return;
    const { sequences, invariants } = operandParts(operation, operands);
    for (const id of [...sequences, ...invariants]) if (!this.isPlain(id, 0)) this.needPlace(id);
  }

  /** Makes the value, or what it is a view of, a root where its elements have no place yet. */
  private needPlace(id: ValueId): void {
    const { block } = this;
    if (block.locate(id, true) !== undefined) return;
    const chain: ValueId[] = [];
    for (let cursor: ValueId | undefined = id; cursor !== undefined;) {
      chain.push(cursor);
      const formula = block.formulaOf(cursor);
      cursor = formula !== undefined && viewKinds.has(formula.operation.kind) ? formula.operands[0] : undefined;
    }
    for (const candidate of chain.reverse()) {
      if (block.locate(candidate, true) === undefined) {
        block.roots.add(candidate);
        if (block.locate(id, true) !== undefined) return;
        block.roots.delete(candidate);
      }
    }
    block.roots.add(id);
  }

  /** A formula of at most `limit` that needs no index arithmetic beyond affine: it can stand anywhere. */
  private isPlain(id: ValueId, limit = CHEAP): boolean {
    const { block } = this;
    const visit = (value: ValueId): boolean => {
      if (block.locate(value, true) !== undefined) return true;
      const formula = block.formulaOf(value);
      if (formula === undefined) {
        const source = block.inputs.get(value);
        return source?.kind === "alias" && source.block.typeOf(source.value).dtype !== "index";
      }
      const { operation, operands } = formula;
      if (operation.kind === "constant") return true;
      if (operation.kind === "slice" && block.hasExampleSize(operation.start)) return false;
      if (operation.kind === "map" || operation.kind === "transpose" || operation.kind === "slice") {
        return operands.every(visit);
      }
      return operation.kind === "broadcast" && operands.every(visit);
    };
    return this.cost(id) <= limit && visit(id);
  }

  /** What sums can start from: a plain formula, or plain formulas side by side, each for columns that are known. */
  private isStart(id: ValueId): boolean {
    if (this.isPlain(id)) return true;
    const formula = this.block.roots.has(id) ? undefined : this.block.formulaOf(id);
    if (formula?.operation.kind !== "concat") return false;
    const { axis } = formula.operation;
    return formula.operands.every((part) => {
      const size = this.block.typeOf(part).shape[axis];
      return size !== undefined && constantOf(size) !== undefined && this.isPlain(part);
    });
  }

  cost(id: ValueId): number {
    const known = this.costs.get(id);
    if (known !== undefined) return known;
    const formula = this.block.roots.has(id) ? undefined : this.block.formulaOf(id);
    let cost = formula === undefined ? 1 : formula.operands.reduce((sum, operand) => sum + this.cost(operand), 0);
    if (formula?.operation.kind === "map") cost += opCosts[formula.operation.op];
    if (formula?.operation.kind === "concat" || formula?.operation.kind === "pad") cost += 2;
    if (formula?.operation.kind === "reshape" && this.block.locate(id, true) === undefined) cost += 10;
    cost = Math.min(cost, 1e6);
    this.costs.set(id, cost);
    return cost;
  }

  level(id: ValueId): number {
    const known = this.levels.get(id);
    if (known !== undefined) return known;
    const { block } = this;
    const work = block.works.workOf.get(id);
    let level = 0;
    if (work !== undefined) level = this.workLevel(work) + 1;
    else {
      const formula = block.formulaOf(id);
      if (formula !== undefined) {
        for (const operand of formula.operands) {
          level = Math.max(level, this.level(operand) + (this.readsFromMemory(formula, operand) ? 1 : 0));
        }
        if (this.isSplit(id)) level += 1;
        const same = formula.operands.filter((operand) => this.level(operand) === level);
        if (same.some((operand) => this.isRegionRoot(operand) || this.containsRoot.has(operand))) {
          this.containsRoot.add(id);
        }
      }
    }
    this.levels.set(id, level);
    return level;
  }

  workLevel(work: Work): number {
    return operandsOf(work).reduce((level, operand) => Math.max(level, this.level(operand)), 0);
  }

  /** A root whose parts are stored one by one: never computed in the region of its users. */
  private isSplit(id: ValueId): boolean {
    if (!this.block.roots.has(id)) return false;
    const kind = this.block.formulaOf(id)?.operation.kind;
    return kind === "concat" || kind === "pad";
  }

  private isRegionRoot(id: ValueId): boolean {
    return this.block.roots.has(id) && !this.isSplit(id) && this.block.formulaOf(id) !== undefined;
  }

  /** A root is computed in its users' region only where they use it at the same indices. */
  private readsFromMemory(user: Instruction, operand: ValueId): boolean {
    const { block } = this;
    if (!this.isRegionRoot(operand) && !this.containsRoot.has(operand)) return false;
    const result = at(user.results, 0);
    return user.operation.kind !== "map" || block.perExample(result) !== block.perExample(operand);
  }

  unitOf(id: ValueId): string {
    return `${this.level(id)}|${spaceKey(this.block.typeOf(id).shape, this.block.perExample(id))}`;
  }

  /** The regions and works in which a formula would be computed. */
  private unitsOf(id: ValueId): ReadonlySet<string> {
    const known = this.units.get(id);
    if (known !== undefined) return known;
    const { block } = this;
    const units = new Set<string>();
    for (const user of this.formulaUsers.get(id) ?? []) {
      const result = at(user.results, 0);
      if (this.isSplit(result)) units.add(this.unitOf(id));
      else if (block.roots.has(result)) units.add(this.unitOf(result));
      else this.unitsOf(result).forEach((unit) => units.add(unit));
    }
    for (const work of this.workUsers.get(id) ?? []) {
      units.add(addsInPlace(work, block) ? this.unitOf(id) : `work ${resultsOf(work).join(" ")}`);
    }
    this.units.set(id, units);
    return units;
  }

  /** Makes roots of what is dear and would be computed twice; false where nothing is left to do. */
  findRepeatedFormulas(): boolean {
    const { block } = this;
    const before = block.roots.size;
    for (const formula of this.liveFormulas().reverse()) {
      const id = at(formula.results, 0);
      if (block.roots.has(id) || this.cost(id) <= CHEAP) continue;
      if (block.locate(id, true) !== undefined) continue;
      const { kind } = formula.operation;
      if (kind !== "map" && kind !== "gather" && kind !== "contract") continue;
      const repeats = (this.formulaUsers.get(id) ?? []).some(({ operation }) => {
        if (operation.kind === "window") return true;
        return operation.kind === "broadcast" && operation.axes.some((axis, i) => axis !== i);
      });
      if (repeats || this.unitsOf(id).size > 1 || this.isRepeatedByReduction(id)) {
        block.roots.add(id);
      }
    }
    return block.roots.size > before;
  }

  /** A formula repeated along the axes that a reduction keeps outermost would be computed for each of them. */
  private isRepeatedByReduction(id: ValueId): boolean {
    return (this.formulaUsers.get(id) ?? []).some((user) => {
      if (user.operation.kind !== "broadcast") return false;
      const works = this.workUsers.get(at(user.results, 0)) ?? [];
      return works.some((work) => work.kind === "reduction" && !addsInPlace(work, this.block));
    });
  }
}

const viewKinds: ReadonlySet<string> = new Set(["slice", "transpose", "broadcast", "reverse", "reshape", "window"]);

/**
 * A concat of shared matrices that do not lie side by side: its product is made part by part rather than from a copy,
 * which for a single step would cost as much as the product.
 */
export function isSplitOperand(block: Block, id: ValueId, tentative = false): boolean {
  const formula = block.formulaOf(id);
  if (formula?.operation.kind !== "concat" || block.perExample(id)) return false;
  if (block.locate(id, tentative) !== undefined) return false;
  return formula.operands.every((part) => block.locate(part, tentative) !== undefined);
}
