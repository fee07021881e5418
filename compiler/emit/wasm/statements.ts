/** Statements of kernels as WebAssembly code. */
import { invariant } from "../../base/diagnostics/invariant.js";
import { affineConstant, AFFINE_ZERO, plainExtent, subtractAffine } from "../../ir/kernel/affine.js";
import type { Axis, Extent, ForStatement, Statement } from "../../ir/kernel/types.js";
import { forEachAccess } from "../../ir/kernel/visit.js";
import { PARTIALS } from "../../passes/kernel/interleave-sums.js";
import type { VectorTarget } from "../../passes/kernel/target.js";
import { isVectorizable, moves } from "../../passes/kernel/vectorizable.js";
import { BATCH_SYMBOL } from "../../base/types/dim.js";
import { chooseCollapsed, type Collapsed, collapsible } from "./collapse.js";
import type { FunctionCode, FunctionRef, Local } from "./code.js";
import { emitSelection, emitZeroPadding } from "./examples.js";
import type { Lanes } from "./elements.js";
import { Expressions } from "./expressions.js";
import type { Integers } from "./integers.js";
import type { MemoryLayout } from "./layout.js";
import { emitPack } from "./pack.js";
import { emitPieces } from "./pieces.js";
import { emitProduct } from "./products.js";
import { emitWindows } from "./windows.js";

export type Region = Extract<Statement, { kind: "region" }>;
type Of<K extends Statement["kind"]> = Extract<Statement, { kind: K }>;

/** What code of a module shares. */
export interface ModuleParts {
  readonly layout: MemoryLayout;
  readonly target: VectorTarget;
  /** Pushes the arguments of a region's function and calls it. */
  readonly callRegion: (region: Region, statements: Statements) => void;
  /** A function that a region calls, with so many integers. */
  readonly innerFunction: (
    caller: Statements,
    params: number,
    write: (inner: Statements, params: readonly Local[]) => void,
  ) => FunctionRef;
  /** A digest of a piece of memory, `(address, bytes) -> v128`. */
  readonly digest: () => FunctionRef;
}

/** An extent in code: a plain number, or a local that holds it. */
export type Count = number | Local;

export class Statements {
  readonly code: FunctionCode;
  readonly integers: Integers;
  readonly expressions: Expressions;
  readonly parts: ModuleParts;
  /** Rows and sums over steps that run over all examples at once where every example has all steps. */
  collapsed: Collapsed | undefined;

  constructor(expressions: Expressions, parts: ModuleParts) {
    this.code = expressions.code;
    this.integers = expressions.integers;
    this.expressions = expressions;
    this.parts = parts;
  }

  emitAll(statements: readonly Statement[], lanes?: Lanes): void {
    for (const statement of statements) this.emit(statement, lanes);
  }

  emit(statement: Statement, lanes: Lanes | undefined): void {
    const { code, integers, expressions } = this;
    switch (statement.kind) {
      case "region":
        this.parts.callRegion(statement, this);
        return;
      case "for":
        this.loop(statement);
        return;
      case "windows":
        emitWindows(statement, this);
        return;
      case "pieces":
        emitPieces(statement, this);
        return;
      case "product":
        emitProduct(statement, this);
        return;
      case "pack":
        emitPack(statement, this);
        return;
      case "let_index": {
        const local = code.local("i32");
        integers.index(statement.value);
        code.set(local);
        integers.bind(statement.name, local);
        return;
      }
      case "let":
        expressions.define(statement.name, statement.value, lanes);
        return;
      case "accumulator":
        expressions.declarePartials(statement.name, this.operationOf(statement.name), statement.initial);
        return;
      case "accumulate":
        invariant(lanes === undefined, "sums in lanes are made by their loop");
        expressions.accumulateScalar(
          statement.name,
          statement.value,
          // What is not kept in parts, such as a sum over examples, is one chain.
          this.laneVariables.has(statement.name) ? this.position : undefined,
        );
        return;
      case "store":
        expressions.store(statement.access, statement.value, statement.mode, lanes);
        return;
      case "store_index": {
        const place = integers.address(statement.access);
        integers.affine(statement.value);
        code.memory("i32.store", place.offset);
        return;
      }
      case "zero_padding":
        emitZeroPadding(statement, this);
        return;
      case "select_examples":
        emitSelection(statement, this);
        return;
    }
  }

  /** Operations of the accumulators of the function at hand. */
  private readonly operations = new Map<string, Of<"accumulate">["op"]>();
  /** The variable of the loop at hand, for partial sums outside of vectors. */
  private position: Local | undefined;

  /** What the accumulators of a function do is only said behind their declarations. */
  learn(statements: readonly Statement[]): void {
    for (const statement of statements) {
      if (statement.kind === "accumulate") this.operations.set(statement.name, statement.op);
      else if (statement.kind === "accumulator" && statement.lanes !== undefined) {
        this.laneVariables.set(statement.name, statement.lanes.variable);
      } else if (statement.kind === "for" || statement.kind === "pieces") this.learn(statement.body);
    }
  }

  private operationOf(name: string): Of<"accumulate">["op"] {
    return this.operations.get(name) ?? "sum";
  }

  /** Pushes an extent. */
  extent(extent: Extent, variable: string): void {
    const { code, integers } = this;
    if (extent.kind === "affine") integers.affine(extent.value);
    else if (extent.kind === "part") {
      const counts = this.collapsed?.axis === variable ? this.collapsed.counts : undefined;
      if (counts === undefined) integers.part(extent);
      else {
        const all = (): FunctionCode => code.get(counts.steps);
        all().if(all, () => integers.scoped(() => integers.part(extent)), "i32");
      }
    } else if (extent.kind === "examples") {
      const { examples } = extent;
      if (examples.kind === "list") code.get(integers.variable(examples.count));
      else {
        code.get(integers.word(this.parts.layout.sizeWord(BATCH_SYMBOL)));
        if (this.collapsed?.example === variable) chooseCollapsed(this, () => code.i32(1));
      }
    } else {
      integers.dim(extent.dim, integers.variable(extent.example));
      if (this.collapsed?.axis !== variable) return;
      chooseCollapsed(this, () => {
        integers.dim(extent.dim);
        code.get(integers.word(this.parts.layout.sizeWord(BATCH_SYMBOL))).op("i32.mul");
      });
    }
  }

  /** Pushes how many values an axis takes that begins at another than 0. */
  range({ variable, extent, from }: Axis): void {
    invariant(extent.kind === "affine" && from !== undefined, "a range of plain numbers");
    const counts = this.collapsed?.example === variable ? this.collapsed.counts : undefined;
    if (counts === undefined) this.integers.affine(subtractAffine(extent.value, from));
    else this.code.get(counts.examples);
  }

  /** An extent as a number where it is one. */
  count(extent: Extent, variable: string): Count {
    const constant = plainExtent(extent);
    if (constant !== undefined) return constant;
    const local = this.code.local("i32");
    this.extent(extent, variable);
    this.code.set(local);
    return local;
  }

  pushCount(count: Count): void {
    if (typeof count === "number") this.code.i32(count);
    else this.code.get(count);
  }

  private loop(loop: ForStatement): void {
    if (this.collapsed === undefined) {
      const found = collapsible(loop);
      if (found !== undefined) {
        this.collapsed = found;
        this.loop(loop);
        this.collapsed = undefined;
        return;
      }
    }
    if (!this.runsInLanes(loop)) this.scalarLoop(loop);
    else if (loop.extent.kind !== "examples" || loop.extent.examples.kind === "all") this.vectorLoop(loop);
    else this.listedLoop(loop);
  }

  /** Examples of a list lie side by side where the list holds all of them. */
  private listedLoop(loop: ForStatement): void {
    const { code, integers } = this;
    code.get(integers.word(this.parts.layout.fullWord));
    code.if(
      () => this.vectorLoop({ ...loop, extent: { kind: "examples", examples: { kind: "all" } } }),
      () => this.scalarLoop(loop),
    );
  }

  private runsInLanes(loop: ForStatement): boolean {
    if (loop.reverse || loop.step !== 1 || loop.from !== undefined) return false;
    const count = plainExtent(loop.extent);
    if (count === 1) return false;
    const sums = loop.body.some(({ kind }) => kind === "accumulate");
    if (sums && !this.sumsBy(loop)) return false;
    return isVectorizable(loop.body, loop.variable);
  }

  /** Sums keep their order in lanes only where they are kept by this variable; extremes have no order. */
  private sumsBy(loop: ForStatement): boolean {
    return loop.body.every((statement) => {
      if (statement.kind !== "accumulate" || statement.op !== "sum") return true;
      return this.laneVariables.get(statement.name) === loop.variable;
    });
  }

  private readonly laneVariables = new Map<string, string>();

  private scalarLoop(loop: ForStatement): void {
    const { code, integers } = this;
    const { variable, extent, reverse, step } = loop;
    const from = loop.from ?? AFFINE_ZERO;
    const list = extent.kind === "examples" && extent.examples.kind === "list" ? extent.examples.list : undefined;
    const end = code.local("i32");
    this.extent(extent, variable);
    code.set(end);
    const counter = code.local("i32");
    const start = code.local("i32");
    integers.affine(from);
    code.set(start);
    const own = list === undefined ? counter : code.local("i32");
    if (reverse) code.get(end).i32(1).op("i32.sub").set(counter);
    else code.get(start).set(counter);
    code.block((exit) => {
      if (reverse) code.get(counter).get(start).op("i32.lt_s").brIf(exit);
      else code.get(counter).get(end).op("i32.ge_s").brIf(exit);
      code.loop((again) => {
        integers.scoped(() => {
          integers.bind(variable, counter);
          if (list !== undefined) {
            const access = {
              buffer: list,
              offset: {
                constant: affineConstant(0).constant,
                terms: [{ variable, coefficient: affineConstant(1).constant }],
              },
            };
            code.memory("i32.load", integers.address(access).offset);
            code.set(own);
          }
        });
        integers.scoped(() => {
          integers.bind(variable, own);
          const outer = this.position;
          this.position = counter;
          this.emitAll(loop.body);
          this.position = outer;
        });
        if (reverse) code.get(counter).i32(1).op("i32.sub").tee(counter).get(start).op("i32.ge_s").brIf(again);
        else code.get(counter).i32(step).op("i32.add").tee(counter).get(end).op("i32.lt_s").brIf(again);
      });
    });
    code.release(end, counter, start, ...(list === undefined ? [] : [own]));
  }

  /** A loop in vectors, and what is left behind them: fewer lanes where the number is known, else one by one. */
  private vectorLoop(loop: ForStatement): void {
    const { code, integers, expressions } = this;
    const { variable } = loop;
    const width = expressions.lanesPerVector;
    const sums = loop.body.some(({ kind }) => kind === "accumulate");
    // All partial sums take part in each round.
    const step = sums ? PARTIALS : width;
    const count = this.count(loop.extent, variable);
    const index = code.local("i32");
    const bytes = code.local("i32");
    integers.scoped(() => {
      this.prepareAccesses(loop.body, variable);
      const full = typeof count === "number" ? count - (count % step) : code.local("i32");
      if (typeof full !== "number") {
        this.pushCount(count);
        code.i32(-step).op("i32.and").set(full);
      }
      const scale = Math.log2(expressions.elementBytes);
      /** The lanes from `skip` after the index on. */
      const part = (lanes: number, skip: number): void => {
        integers.scoped(() => {
          let own = index;
          let ownBytes = bytes;
          if (skip > 0) {
            own = code.local("i32");
            ownBytes = code.local("i32");
            code.get(index).i32(skip).op("i32.add").set(own);
            code
              .get(bytes)
              .i32(skip << scale)
              .op("i32.add")
              .set(ownBytes);
          }
          integers.bind(variable, own);
          const group: Lanes = { name: variable, bytes: ownBytes, count: lanes };
          for (const statement of loop.body) {
            if (statement.kind === "accumulate") {
              expressions.accumulate(statement.name, statement.value, group, (skip % PARTIALS) / width);
            } else this.emit(statement, group);
          }
          if (skip > 0) code.release(own, ownBytes);
        });
      };
      code.i32(0).set(index).i32(0).set(bytes);
      const body = (): void => {
        for (let skip = 0; skip < step; skip += width) part(width, skip);
      };
      if (typeof full !== "number") {
        code.block((exit) => {
          code.get(index).get(full).op("i32.ge_s").brIf(exit);
          code.loop((label) => {
            body();
            code
              .get(bytes)
              .i32(step << scale)
              .op("i32.add")
              .set(bytes);
            code.get(index).i32(step).op("i32.add").tee(index).get(full).op("i32.lt_s").brIf(label);
          });
        });
      } else if (full > step) {
        code.loop((label) => {
          body();
          code.get(index).i32(step).op("i32.add").set(index);
          code
            .get(bytes)
            .i32(step << scale)
            .op("i32.add")
            .tee(bytes)
            .i32(full << scale)
            .op("i32.ne")
            .brIf(label);
        });
      } else if (full === step) {
        body();
        code
          .i32(full)
          .set(index)
          .i32(full << scale)
          .set(bytes);
      }
      if (typeof count === "number") {
        const rest = count % step;
        for (let skip = 0; skip < rest; skip += width) part(Math.min(width, rest - skip), skip);
      } else if (typeof full !== "number") {
        code.block((exit) => {
          code.get(index).get(count).op("i32.ge_s").brIf(exit);
          code.loop((label) => {
            integers.scoped(() => {
              integers.bind(variable, index);
              const outer = this.position;
              this.position = index;
              this.emitAll(loop.body);
              this.position = outer;
            });
            code.get(index).i32(1).op("i32.add").tee(index).get(count).op("i32.lt_s").brIf(label);
          });
        });
        code.release(full);
      }
    });
    code.release(index, bytes, ...(typeof count === "number" ? [] : [count]));
  }

  /** Computes in front of a loop what its addresses have in common. */
  private prepareAccesses(body: readonly Statement[], variable: string): void {
    for (const statement of body) {
      forEachAccess(statement, (access) => {
        const inside = body.some((other) => other.kind === "let_index" && moves(access.offset, other.name));
        if (moves(access.offset, variable) && !inside) this.integers.prepare(access, variable);
      });
    }
  }
}
