/**
 * Lowers a planned block: gives every value that lies in memory its place (a result's own buffer, a part of the concat
 * that takes it, or scratch), then emits level by level the regions and works.
 */
import { at, listAt, lookUp } from "../../base/at.js";
import { invariant, InvariantError } from "../../base/diagnostics/invariant.js";
import { isCarried, operandParts } from "../../ir/graph/scan.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import { addAffine } from "../../ir/kernel/affine.js";
import type { Statement } from "../../ir/kernel/kernel-program.js";
import type { Dim } from "../../base/types/dim.js";
import { addDims, dimConstant } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import type { Block } from "./block.js";
import { NONE } from "./compensated.js";
import type { PlacedLine } from "./delay-lines.js";
import { describeRegion, describeWork } from "./describe.js";
import { elementOf, indexOf } from "./formula.js";
import { linesOf } from "../../ir/graph/delay-line.js";
import { accessOf, type BufferLocation, isDense, sliceLocation } from "./location.js";
import { lowerProduct } from "./lower-product.js";
import { addsInItsPlace, addsOn, listRows, lowerReduction, lowerScatter, placeOfLost } from "./lower-reduction.js";
import { lowerScan } from "./lower-scan.js";
import { axesOf, indicesOf, LoopNames, nestFor, variableIndex } from "./loops.js";
import { addBlocks, blocksInMemory, pieceSum } from "./memory-blocks.js";
import type { Nest } from "./nest.js";
import { areSameBlocks, cutKey, cutOf, isSameCut, Pieces, type PieceSum } from "./pieces.js";
import { addsInPlace, type BlockPlan, planBlock, spaceKey } from "./plan-block.js";
import type { RegionUnit, StoreItem, SumItem } from "./region-units.js";
import { elementTypeOf } from "./storage.js";
import { resultsOf, type Work } from "./works.js";

export function lowerBlock(block: Block): void {
  new BlockLowering(block, planBlock(block)).run();
}

class BlockLowering {
  private readonly block: Block;
  private readonly plan: BlockPlan;
  /** Works that no other took over. */
  private readonly standing: ReadonlySet<Work>;
  private readonly units = new Map<string, RegionUnit>();
  private readonly zeros = new Map<number, { location: BufferLocation; shape: Shape; name: string }[]>();
  /** Results of scatters that are added to what is at their places. */
  private readonly addedInPlace = new Set<ValueId>();
  /** Of scatters with many terms: what rounding has lost of each element. */
  private readonly lost = new Map<Work, BufferLocation>();
  /** Roots to be marked ready after the regions of a level. */
  private readonly finished = new Map<number, ValueId[]>();

  constructor(block: Block, plan: BlockPlan) {
    this.block = block;
    this.plan = plan;
    this.standing = new Set(block.works.works);
  }

  run(): void {
    this.placeResults();
    this.placeParts();
    this.placeRest();
    this.collectUnits();
    this.emit();
  }

  private inMemory(id: ValueId): boolean {
    return this.block.roots.has(id) || this.block.works.workOf.has(id);
  }

  private placeResults(): void {
    const { block } = this;
    for (const { id, destination } of block.targets) {
      const { location, mode } = destination;
      let fits = (location.exampleStride !== undefined) === block.perExample(id);
      if (this.isState(id) && !isDense(location, block.typeOf(id).shape)) fits = false;
      if (mode === "add" && fits && addsInItsPlace(block, id)) {
        block.locations.set(id, location);
        this.addedInPlace.add(id);
      } else if (mode === "set" && fits && this.inMemory(id) && !block.locations.has(id))
        block.locations.set(id, location);
      else this.addStore({ value: id, location, mode });
    }
  }

  /** Parts of a concat in memory are computed in their place where nothing speaks against it. */
  private placeParts(): void {
    const { block } = this;
    const reshaped = new Set<ValueId>();
    for (const { operation, operands } of block.fn.instructions) {
      if (operation.kind === "reshape") operands.forEach((id) => reshaped.add(id));
    }
    for (const instruction of [...block.fn.instructions].reverse()) {
      const { operation, operands } = instruction;
      const whole = at(instruction.results, 0);
      if (operation.kind !== "concat" || !block.roots.has(whole) || !block.works.live.has(whole)) continue;
      const location = this.ensurePlace(whole);
      const placed = block.lines.get(whole);
      if (placed !== undefined) {
        this.placeEntry(placed);
        continue;
      }
      let start: Dim | undefined = dimConstant(0);
      const sizes: Dim[] = [];
      for (const part of operands) {
        const size = at(block.typeOf(part).shape, operation.axis);
        const inOrder = operation.axis === 0 || !reshaped.has(part);
        if (start !== undefined && inOrder && this.canLieIn(location, part)) {
          block.locations.set(part, sliceLocation(location, operation.axis, start));
        } else if (start !== undefined) {
          this.addStore({ value: part, location: sliceLocation(location, operation.axis, start), mode: "set" });
        } else {
          const shifts = block
            .typeOf(part)
            .shape.map((_, axis) => (axis === operation.axis ? sizes.reduce(addDims) : dimConstant(0)));
          this.addStore({ value: part, location, shifts, mode: "set" });
        }
        sizes.push(size);
        start = start === undefined || block.hasExampleSize(size) ? undefined : addDims(start, size);
      }
    }
  }

  /** What was there before stays where it is. */
  private placeEntry({ line: { axis, entered }, entries: [first, ...copies] }: PlacedLine): void {
    if (axis === 0 && this.canLieIn(first, entered)) this.block.locations.set(entered, first);
    else this.addStore({ value: entered, location: first, mode: "set" });
    for (const location of copies) this.addStore({ value: entered, location, mode: "set" });
  }

  private canLieIn(location: BufferLocation, id: ValueId): boolean {
    const { block } = this;
    const fits = (location.exampleStride !== undefined) === block.perExample(id);
    return fits && this.inMemory(id) && !block.locations.has(id) && !this.isState(id);
  }

  /** A carried value of a scan is updated in place in a whole buffer of its own. */
  private isState(id: ValueId): boolean {
    const work = this.block.works.workOf.get(id);
    if (work?.kind !== "scan" || work.instruction.operation.kind !== "scan") return false;
    return isCarried(work.instruction.operation, work.instruction.results.indexOf(id));
  }

  private placeRest(): void {
    const { block } = this;
    for (const id of block.works.live) {
      if (this.inMemory(id) && !this.isAbsorbed(id)) this.ensurePlace(id);
    }
  }

  /** Products that a sum or `batch_sum` took over have no place. */
  private isAbsorbed(id: ValueId): boolean {
    const work = this.block.works.workOf.get(id);
    return work !== undefined && !this.standing.has(work);
  }

  private ensurePlace(id: ValueId): BufferLocation {
    const { block } = this;
    let location = block.locations.get(id);
    if (location === undefined) {
      const type = block.typeOf(id);
      const hint = `${block.path}.${block.nameOf(id) ?? `v${id}`}`;
      location = block.storage.scratch(hint, elementTypeOf(type), type.shape, block.perExample(id));
      block.locations.set(id, location);
    }
    return location;
  }

  private addStore(item: StoreItem): void {
    const { block } = this;
    const shape = block.typeOf(item.value).shape;
    const perExample = block.perExample(item.value) || item.location.exampleStride !== undefined;
    this.unit(this.plan.level(item.value), shape, perExample).stores.push(item);
  }

  private unit(level: number, shape: Shape, perExample: boolean, suffix = ""): RegionUnit {
    const key = `${level}|${spaceKey(shape, perExample)}${suffix}`;
    let unit = this.units.get(key);
    if (unit === undefined) {
      unit = { level, shape, perExample, stores: [], sums: [], cut: undefined, blocks: undefined };
      this.units.set(key, unit);
    }
    return unit;
  }

  /** Adds up in the region of the operand, in one of its own where others are cut in another way. */
  private addSum(level: number, work: SumItem["work"]): void {
    const { block } = this;
    const { shape } = block.typeOf(work.operand);
    const perExample = block.perExample(work.operand);
    const dims = work.axes.map((axis) => at(shape, axis));
    const own = cutOf(block, work.summed && perExample, dims);
    block.checkSum(work.result, dims, own?.axis);
    const cut = own && { ...own, axis: own.axis === undefined ? undefined : work.axes[own.axis] };
    const { nest, pieces } = this.nestOf({ cut, shape, perExample }, new LoopNames(block));
    const blocks = pieces && blocksInMemory(nest, pieces.depth, work.axes);
    let unit = this.unit(level, shape, perExample);
    if (
      unit.sums.length > 0 &&
      (!isSameCut(unit.cut, cut) || (blocks && unit.blocks && !areSameBlocks(unit.blocks, blocks)))
    ) {
      unit = this.unit(level, shape, perExample, cutKey(cut, blocks));
    }
    unit.cut = cut;
    unit.blocks ??= blocks;
    unit.sums.push({ work, inBlocks: blocks !== undefined });
    if (cut === undefined) {
      this.zero(level, this.placeOf(work.result), block.typeOf(work.result).shape, this.label(work.result));
    }
    this.finish(level, work.result);
  }

  private placeOf(id: ValueId): BufferLocation {
    return lookUp(this.block.locations, id);
  }

  private zero(level: number, location: BufferLocation, shape: Shape, name: string): void {
    listAt(this.zeros, level).push({ location, shape, name });
  }

  private finish(level: number, id: ValueId): void {
    listAt(this.finished, level).push(id);
  }

  private collectUnits(): void {
    const { block, plan } = this;
    for (const id of block.roots) {
      const location = lookUp(block.locations, id);
      const formula = block.formulaOf(id);
      const level = plan.level(id);
      if (formula?.operation.kind === "concat") this.finish(level - 1, id);
      else if (formula?.operation.kind === "pad") {
        const { axis, before } = formula.operation;
        const operand = at(formula.operands, 0);
        this.zero(plan.level(operand), location, block.typeOf(id).shape, this.label(id));
        const shifts = block.typeOf(id).shape.map((_, i) => (i === axis ? before : dimConstant(0)));
        this.addStore({ value: operand, location, shifts, mode: "set" });
        this.finish(level - 1, id);
      } else {
        this.addStore({ value: id, location, mode: "set" });
        this.finish(level, id);
      }
    }
    for (const work of block.works.works) {
      if (work.kind === "scan") {
        this.collectInitialStates(work);
        continue;
      }
      const level = plan.workLevel(work);
      if (work.kind === "reduction" && addsInPlace(work, block)) this.addSum(level, work);
      else if (work.kind === "scatter") this.clearScatter(level, work);
    }
  }

  private clearScatter(level: number, work: Extract<Work, { kind: "scatter" }>): void {
    const { block } = this;
    const { shape } = block.typeOf(work.result);
    const label = this.label(work.result);
    const isByRows = this.isByRows(work);
    const lost = placeOfLost(block, work, `${block.path}.${label}.lost`, isByRows);
    if (lost !== undefined) this.lost.set(work, lost);
    if (isByRows || this.addedInPlace.has(work.result) || addsOn(block, work)) return;
    this.zero(level, this.placeOf(work.result), shape, label);
    if (lost !== undefined) this.zero(level, lost, shape, `what ${label} has lost`);
  }

  private isByRows(work: Extract<Work, { kind: "scatter" }>): boolean {
    return work.summed && this.block.storage.isByRows(this.placeOf(work.result));
  }

  private collectInitialStates(work: Extract<Work, { kind: "scan" }>): void {
    const { operation, operands, results } = work.instruction;
    invariant(operation.kind === "scan", "a scan");
    const initial = operandParts(operation, operands).carried;
    const lines = linesOf(operation);
    for (const [i, value] of initial.entries()) {
      if (lines[i] !== undefined) continue;
      this.addStore({ value, location: this.ensurePlace(at(results, i)), mode: "set" });
    }
  }

  private label(id: ValueId): string {
    return this.block.nameOf(id) ?? `v${id}`;
  }

  private emit(): void {
    const { block, plan } = this;
    const units = new Map<number, RegionUnit[]>();
    const works = new Map<number, Work[]>();
    const summedInRegion = new Set<Work>();
    for (const unit of this.units.values()) {
      listAt(units, unit.level).push(unit);
      for (const { work } of unit.sums) summedInRegion.add(work);
    }
    for (const work of block.works.works) if (!summedInRegion.has(work)) listAt(works, plan.workLevel(work)).push(work);
    const levels = new Set([...units.keys(), ...works.keys(), ...this.finished.keys()]);
    for (const level of [...levels].sort((a, b) => a - b)) {
      if (level < 0) continue;
      this.emitZeros(this.zeros.get(level) ?? []);
      for (const unit of units.get(level) ?? []) this.emitUnit(unit);
      for (const id of this.finished.get(level) ?? []) block.ready.add(id);
      for (const work of works.get(level) ?? []) {
        this.emitWork(work);
        for (const id of resultsOf(work)) block.ready.add(id);
      }
    }
  }

  private region(name: string, comment: string, body: readonly Statement[]): void {
    this.block.statements.push({ kind: "region", name: `${this.block.path} ${name}`, comment, body });
  }

  private emitZeros(zeros: readonly { location: BufferLocation; shape: Shape; name: string }[]): void {
    if (zeros.length === 0) return;
    const body = zeros.flatMap(({ location, shape }) => {
      const nest = nestFor(this.block, shape, location.exampleStride !== undefined);
      nest.store(accessOf(location, indicesOf(nest), nest.example), NONE, "set");
      return nest.finish();
    });
    const names = zeros.map(({ name }) => name).join(", ");
    this.region(`clear ${zeros[0]?.name ?? ""}`, `${names} = 0`, body);
  }

  private emitUnit(unit: RegionUnit): void {
    const { block } = this;
    const names = new LoopNames(block);
    const { nest, pieces } = this.nestOf(unit, names);
    const indices = axesOf(nest).map(
      ({ variable }, axis) => pieces?.indexOf(axis, variable) ?? variableIndex(variable),
    );
    nest.storeLast = true;
    // Ids grow with the order of definition: each value finds the ones it is computed from.
    for (const item of [...unit.stores].sort((a, b) => a.value - b.value)) {
      const moved = indices.map((index, axis) => {
        const shift = item.shifts?.[axis];
        return shift === undefined ? index : addAffine(index, nest.size(shift));
      });
      const access = accessOf(item.location, moved, nest.example);
      if (item.location.dtype === "index") nest.storeIndex(access, indexOf(block, item.value, indices, nest));
      else nest.store(access, elementOf(block, item.value, indices, nest), item.mode);
    }
    const sums: PieceSum[] = [];
    for (const { work, inBlocks } of unit.sums) {
      const kept = indices.filter((_, axis) => !work.axes.includes(axis));
      const { shape } = block.typeOf(work.result);
      const place = this.placeOf(work.result);
      const total = pieces?.totalOf(place, shape, this.label(work.result));
      if (total !== undefined) sums.push(pieceSum(block, total, inBlocks ? work.axes : undefined));
      const sum = sums.at(-1);
      const location = sum?.blocks?.block ?? sum?.piece ?? place;
      nest.store(accessOf(location, kept, nest.example), elementOf(block, work.operand, indices, nest), "add");
    }
    if (unit.blocks !== undefined) addBlocks(nest, unit.blocks, sums, indices);
    if (pieces !== undefined) nest.wraps.set(pieces.depth, (own) => pieces.inMemory(own, sums));
    const values = [...unit.stores.map((item) => item.value), ...unit.sums.map((sum) => sum.work.result)];
    const label = this.label(at(values, values.length - 1));
    this.region(label, describeRegion(block, values), nest.finish());
  }

  private nestOf(
    { cut, shape, perExample }: Pick<RegionUnit, "cut" | "shape" | "perExample">,
    names: LoopNames,
  ): { nest: Nest; pieces?: Pieces } {
    const { block } = this;
    if (cut === undefined) return { nest: nestFor(block, shape, perExample) };
    const example = perExample ? names.pick("b") : undefined;
    const pieces = new Pieces(block, names, cut, shape, example);
    return { nest: pieces.nest(shape), pieces };
  }

  private emitScatter(work: Extract<Work, { kind: "scatter" }>): void {
    const { block } = this;
    const [label, lost] = [this.label(work.result), this.lost.get(work)];
    this.region(label, describeWork(block, work), lowerScatter(block, work, lost));
    if (this.isByRows(work)) this.region(`${label} rows`, "where it has rows", listRows(block, work, lost));
  }

  private emitWork(work: Work): void {
    const { block } = this;
    switch (work.kind) {
      case "product":
        for (const body of lowerProduct(block, work)) {
          this.region(this.label(work.result), describeWork(block, work), body);
        }
        break;
      case "reduction":
        this.region(this.label(work.result), describeWork(block, work), lowerReduction(block, work));
        break;
      case "scatter":
        this.emitScatter(work);
        break;
      case "scan":
        lowerScan(block, work.instruction, lowerBlock);
        break;
      default:
        throw new InvariantError("unknown work");
    }
  }
}
