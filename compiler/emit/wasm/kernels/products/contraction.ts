/** The loop of a register tile over what is contracted: every sum takes its terms in the same order whatever the tile. */
import { lookUp } from "../../../../base/at.js";
import { AFFINE_ZERO, substituteAffine } from "../../../../ir/kernel/affine.js";
import type { Access, Affine, LoopAxis } from "../../../../ir/kernel/kernel-program.js";
import { constantOf } from "../../../../base/types/dim.js";
import type { FunctionCode, Local } from "../../assembler/function-code.js";
import type { KernelContext } from "../context.js";
import { bytesOf, type Count, countOfAxis, pushCount, releaseCounts } from "../extents.js";
import type { Integers } from "../integers.js";
import { fillLoops } from "./fill-loops.js";
import { columnOf, type ProductPlan, pushMember, startOfPart } from "./product-plan.js";
import type { LeftPointer, TermOperands, SumTile } from "./sum-groups.js";
import { TermCode } from "./term.js";

/** The loop over one contracted axis. */
interface AxisWalk {
  readonly innermost: boolean;
  /** Does it go through a list of examples? */
  readonly isListed: boolean;
  readonly count: Count;
  /** Bytes from one index to the next. */
  readonly leftStride: Count;
  readonly rightStride: Count;
  readonly counter: Local;
  /** The index that the axis is at. */
  readonly element: Local;
  /** What `counter`, or the pointer of the weights where that counts, comes to. */
  readonly end: Local;
  readonly countsByPointer: boolean;
}

export class Contraction {
  private readonly plan: ProductPlan;
  private readonly context: KernelContext;
  private readonly code: FunctionCode;
  private readonly term: TermCode;

  constructor(plan: ProductPlan, context: KernelContext) {
    this.plan = plan;
    this.context = context;
    this.code = context.code;
    this.term = new TermCode(plan, context);
  }

  /** The loop over what is contracted, for the columns from unit `first` on. */
  contract(tile: SumTile, first: Local): void {
    const lefts = this.leftPointers(tile);
    const right = this.rightPointer(first);
    this.axisLoop(0, { lefts, right }, tile);
    this.code.release(right, ...pointersOf(lefts));
  }

  private leftPointers({ rows, position }: SumTile): LeftPointer[] {
    const { code, context } = this;
    const { product, left, row: rowVariable } = this.plan;
    const distance = this.rowDistance();
    const lefts: LeftPointer[] = [];
    for (const [n, row] of rows.entries()) {
      const [first] = lefts;
      if (first !== undefined && distance !== undefined) {
        lefts.push({ pointer: first.pointer, offset: n * distance });
        continue;
      }
      const pointer = code.local("i32");
      context.integers.scoped((inner) => {
        const at = product.schedule?.copied === undefined ? row.member : position;
        if (at !== undefined && rowVariable !== undefined) inner.bind(rowVariable, at);
        this.pushStart(left, new Map(), inner);
        code.set(pointer);
      });
      lefts.push({ pointer, offset: 0 });
    }
    return lefts;
  }

  private rightPointer(first: Local): Local {
    const { code, context } = this;
    const { product, unit, strips, depth, size } = this.plan;
    const right = code.local("i32");
    context.integers.scoped((inner) => {
      inner.bind(unit, first);
      if (this.plan.right !== "packed") this.pushStart(product.b, columnOf(this.plan, 0), inner);
      else {
        const place = inner.address(startOfPart(this.plan));
        code.i32(place.offset).op("i32.add");
        // Panels lie one after the other.
        const bytes = strips * depth * size;
        code.get(first).i32(bytes).op("i32.mul").op("i32.add");
      }
      code.set(right);
    });
    return right;
  }

  /**
   * Bytes between neighbouring rows of the left operand, where they are always the same: one pointer then serves all. Rows that follow each
   * other backwards have a pointer each, as an offset of an instruction is not below 0.
   */
  private rowDistance(): number | undefined {
    const { product, left, row } = this.plan;
    const extent = product.schedule?.copied === undefined ? product.rows?.extent : undefined;
    if (extent?.kind === "examples" && extent.examples.kind === "list") return undefined;
    const term = left.offset.terms.find(({ variable }) => variable === row);
    const elements = term === undefined ? 0 : constantOf(term.coefficient);
    return elements === undefined || elements < 0 ? undefined : elements * this.plan.size;
  }

  /** Pushes the address of an operand at the start of what is contracted. */
  private pushStart(access: Access, names: ReadonlyMap<string, Affine>, integers: Integers): void {
    const { code } = this;
    const { product } = this.plan;
    const zeros = new Map(product.contracted.map(({ variable, from }) => [variable, from ?? AFFINE_ZERO]));
    const offset = substituteAffine(substituteAffine(access.offset, zeros), names);
    const place = integers.address({ buffer: access.buffer, offset });
    if (place.offset !== 0) code.i32(place.offset).op("i32.add");
  }

  /** Bytes that an operand moves with each step of an axis: a plain number, or a local. */
  private strideOf(access: Access, axis: LoopAxis): Count {
    const coefficient = access.offset.terms.find(({ variable }) => variable === axis.variable)?.coefficient;
    if (coefficient === undefined) return 0;
    return bytesOf(coefficient, this.context);
  }

  private axisLoop(depth: number, operands: TermOperands, tile: SumTile): void {
    const { code } = this;
    const axis = this.plan.product.contracted[depth];
    if (axis === undefined) {
      this.term.multiply(operands, tile);
      return;
    }
    const { lefts } = operands;
    const walk = this.beginAxis(depth, axis, operands.right);
    const { innermost, count, counter, element, end } = walk;
    const sideExit = innermost && lefts.length === 1 ? this.plan.zero : undefined;
    code.block((exit) => {
      if (typeof count !== "number") code.get(count).i32(1).op("i32.lt_s").brIf(exit);
      const leave = sideExit && ((): void => void code.get(sideExit).brIf(exit));
      const missing = innermost && lefts.length > 1 ? this.plan.nest.rows - code.loops - 1 : 0;
      fillLoops(code, this.plan.zero, missing, () => {
        code.loop((again) => {
          if (innermost && !walk.isListed) this.term.multiply(operands, tile, leave);
          else this.innerAxes(depth, axis, walk, operands, tile);
          this.advance(walk, operands);
          if (walk.countsByPointer) code.get(operands.right).get(end).op("i32.ne").brIf(again);
          else code.get(counter).i32(1).op("i32.add").tee(counter).get(end).op("i32.lt_s").brIf(again);
        });
      });
    });
    code.release(counter, end, ...(element === counter ? [] : [element]));
    releaseCounts([count, walk.leftStride, walk.rightStride], this.context);
  }

  /** Sets out at the first index of an axis. */
  private beginAxis(depth: number, axis: LoopAxis, right: Local): AxisWalk {
    const { code, context } = this;
    const { product, block, width, strips, size } = this.plan;
    const innermost = depth === product.contracted.length - 1;
    const isListed = axis.extent.kind === "examples" && axis.extent.examples.kind === "list";
    const count = countOfAxis(axis, context);
    const leftStride = this.strideOf(this.plan.left, axis);
    // Packed weights follow each other whatever the axes.
    const packedStride = innermost ? block * width * strips * size : 0;
    const rightStride = this.plan.right === "packed" ? packedStride : this.strideOf(product.b, axis);
    const counter = code.local("i32");
    code.i32(0).set(counter);
    // Sizes of inner axes may be those of the example that this axis is at.
    const element = !isListed && axis.from === undefined ? counter : code.local("i32");
    context.integers.bind(axis.variable, element);
    const end = code.local("i32");
    // The pointer of the weights counts where it can: one addition less in each round.
    const countsByPointer = innermost && !isListed && typeof rightStride === "number" && rightStride > 0;
    pushCount(count, context);
    if (countsByPointer) code.i32(rightStride).op("i32.mul").get(right).op("i32.add");
    code.set(end);
    return { innermost, isListed, count, leftStride, rightStride, counter, element, end, countsByPointer };
  }

  /** The axes within one index of an axis; they move copies of its pointers. */
  private innerAxes(
    depth: number,
    axis: LoopAxis,
    walk: AxisWalk,
    { lefts, right }: TermOperands,
    tile: SumTile,
  ): void {
    const { code, context } = this;
    const { isListed, counter, element } = walk;
    if (isListed) {
      pushMember(axis, counter, 0, context);
      code.set(element);
    } else if (axis.from !== undefined) {
      context.integers.affine(axis.from);
      code.get(counter).op("i32.add").set(element);
    }
    const copyOf = (pointer: Local, stride: Count): Local => {
      const copy = code.local("i32");
      code.get(pointer);
      if (isListed && stride !== 0) {
        pushCount(stride, context);
        code.get(element).op("i32.mul").op("i32.add");
      }
      code.set(copy);
      return copy;
    };
    const copies = new Map(pointersOf(lefts).map((pointer) => [pointer, copyOf(pointer, walk.leftStride)]));
    const inner = lefts.map(({ pointer, offset }) => ({ pointer: lookUp(copies, pointer), offset }));
    const innerRight = this.plan.right === "packed" ? right : copyOf(right, walk.rightStride);
    this.axisLoop(depth + 1, { lefts: inner, right: innerRight }, tile);
    code.release(...copies.values(), ...(innerRight === right ? [] : [innerRight]));
  }

  /** Moves the pointers on to the next index; those into lists are made anew. */
  private advance({ isListed, leftStride, rightStride }: AxisWalk, { lefts, right }: TermOperands): void {
    const { code, context } = this;
    const move = (pointer: Local, by: Count): void => {
      if (by === 0) return;
      code.get(pointer);
      pushCount(by, context);
      code.op("i32.add").set(pointer);
    };
    if (!isListed) for (const pointer of pointersOf(lefts)) move(pointer, leftStride);
    if (!isListed || this.plan.right === "packed") move(right, rightStride);
  }
}

function pointersOf(lefts: readonly LeftPointer[]): Local[] {
  return [...new Set(lefts.map(({ pointer }) => pointer))];
}
