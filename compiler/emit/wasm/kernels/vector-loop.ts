/** A loop in vectors, and what is left after them: fewer lanes where the number is known, else one by one. */
import { type ForStatement, type LoopExtent, PARTIALS } from "../../../ir/kernel/kernel-program.js";
import { forEachAccess } from "../../../ir/kernel/visit.js";
import { collectNames } from "../../../ir/kernel/bound-names.js";
import { moves } from "../../../ir/kernel/affine.js";
import type { Local } from "../assembler/function-code.js";
import type { KernelContext } from "./context.js";
import type { Lanes } from "./elements.js";
import { type Count, countOf, releaseCounts } from "./extents.js";
import { accumulate } from "./partial-sums.js";

/** @param extent of the loop, or all examples where the list that it goes through holds them all */
export function emitVectorLoop(loop: ForStatement, extent: LoopExtent, context: KernelContext): void {
  const { code } = context;
  const count = countOf(extent, loop.variable, context);
  const index = code.local("i32");
  const bytes = code.local("i32");
  context.scoped((inner) => {
    prepareAccesses(loop, inner);
    new VectorLoop(loop, inner, index, bytes).emit(count);
  });
  code.release(index, bytes);
  releaseCounts([count], context);
}

/** Computes in front of a loop what its addresses have in common. */
function prepareAccesses({ body, variable }: ForStatement, { integers }: KernelContext): void {
  const names = new Set<string>();
  collectNames(body, names);
  for (const statement of body) {
    forEachAccess(statement, (access) => {
      const inside = access.offset.terms.some((term) => names.has(term.variable));
      if (moves(access.offset, variable) && !inside) integers.prepare(access, variable);
    });
  }
}

class VectorLoop {
  private readonly loop: ForStatement;
  private readonly context: KernelContext;
  /** The first element of a round, and the bytes before it. */
  private readonly index: Local;
  private readonly bytes: Local;
  private readonly width: number;
  /** Elements of a round. */
  private readonly step: number;
  /** The logarithm of the bytes of an element. */
  private readonly scale: number;

  constructor(loop: ForStatement, context: KernelContext, index: Local, bytes: Local) {
    this.loop = loop;
    this.context = context;
    this.index = index;
    this.bytes = bytes;
    this.width = context.expressions.lanesPerVector;
    // All partial sums take part in each round.
    this.step = loop.body.some(({ kind }) => kind === "accumulate") ? PARTIALS : this.width;
    this.scale = Math.log2(context.expressions.elementBytes);
  }

  emit(count: Count): void {
    if (typeof count === "number") this.knownRounds(count);
    else this.openRounds(count);
  }

  private knownRounds(count: number): void {
    const { code } = this.context;
    const { index, bytes, step, scale, width } = this;
    const full = count - (count % step);
    code.i32(0).set(index).i32(0).set(bytes);
    if (full > step) {
      code.loop((again) => {
        this.round();
        code.increase(index, step);
        code.increase(bytes, step << scale);
        const end = full << scale;
        code.get(bytes).i32(end).op("i32.ne").brIf(again);
      });
    } else if (full === step) {
      this.round();
      const end = full << scale;
      code.i32(full).set(index).i32(end).set(bytes);
    }
    const rest = count % step;
    for (let skip = 0; skip < rest; skip += width) this.part(Math.min(width, rest - skip), skip);
  }

  private openRounds(count: Local): void {
    const { code } = this.context;
    const { index, bytes, step, scale } = this;
    const full = code.local("i32");
    code.get(count).i32(-step).op("i32.and");
    // Loops inside run as often in each lane where all examples have all steps.
    if (this.loop.body.some(({ kind }) => kind === "for")) this.ifAllAreFull();
    code.set(full);
    code.i32(0).set(index).i32(0).set(bytes);
    this.roundsUpTo(full, step, () => {
      this.round();
      code.increase(bytes, step << scale);
    });
    this.roundsUpTo(count, 1, () => {
      this.context.scoped((inner) => {
        inner.integers.bind(this.loop.variable, index);
        inner.atPosition(index).emitAll(this.loop.body);
      });
    });
    code.release(full);
  }

  /** Leaves the number on the stack, or 0 where some example is shorter than the call. */
  private ifAllAreFull(): void {
    const { code, integers, parts } = this.context;
    code.i32(0).get(integers.word(parts.layout.fullWord)).op("select");
  }

  private roundsUpTo(end: Local, step: number, body: () => void): void {
    const { code } = this.context;
    code.block((exit) => {
      code.get(this.index).get(end).op("i32.ge_s").brIf(exit);
      code.loop((again) => {
        body();
        code.increase(this.index, step);
        code.get(this.index).get(end).op("i32.lt_s").brIf(again);
      });
    });
  }

  private round(): void {
    for (let skip = 0; skip < this.step; skip += this.width) this.part(this.width, skip);
  }

  /** The lanes from `skip` after the index on. */
  private part(lanes: number, skip: number): void {
    const { code } = this.context;
    const { index, bytes, scale, width } = this;
    this.context.scoped((inner) => {
      const own = skip === 0 ? index : code.local("i32");
      const ownBytes = skip === 0 ? bytes : code.local("i32");
      if (skip > 0) {
        const skipped = skip << scale;
        code.get(index).i32(skip).op("i32.add").set(own);
        code.get(bytes).i32(skipped).op("i32.add").set(ownBytes);
      }
      inner.integers.bind(this.loop.variable, own);
      const group: Lanes = { name: this.loop.variable, bytes: ownBytes, count: lanes };
      for (const statement of this.loop.body) {
        if (statement.kind === "accumulate") accumulate(statement, inner, group, (skip % PARTIALS) / width);
        else inner.emit(statement, group);
      }
      if (skip > 0) code.release(own, ownBytes);
    });
  }
}
