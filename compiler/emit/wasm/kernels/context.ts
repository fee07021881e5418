/** Where statements are written: a function, what is known at this place of it, and what is around the place. */
import type { Statement, StatementOf } from "../../../ir/kernel/kernel-program.js";
import type { VectorTarget } from "../../../passes/kernel/target.js";
import type { FunctionCode, FunctionRef, Local } from "../assembler/function-code.js";
import type { MemoryLayout } from "../memory/memory-layout.js";
import type { Accumulators } from "./accumulators.js";
import type { JoinedLoops } from "./joined-examples.js";
import type { Lanes } from "./elements.js";
import type { Expressions } from "./expressions.js";
import type { Integers, ComputedIntegers } from "./integers.js";

/** What code of a module shares. */
export interface ModuleParts {
  readonly layout: MemoryLayout;
  readonly target: VectorTarget;
  /** Vectors of each strip in the panels of a buffer. */
  readonly panelsOf: (buffer: string) => number;
  /** Writes a statement, of whichever kind: statements that hold others know of no kind but their own. */
  readonly emit: (statement: Statement, context: KernelContext, lanes: Lanes | undefined) => void;
  /** Pushes the arguments of a region's function and calls it. */
  readonly callRegion: (region: StatementOf<"region">, caller: KernelContext) => void;
  /** A function that a region calls, with so many integers. */
  readonly innerFunction: (
    caller: KernelContext,
    params: number,
    write: (inner: KernelContext, params: readonly Local[]) => void,
  ) => FunctionRef;
  /** A digest of a stretch of memory, `(address, bytes) -> v128`. */
  readonly digest: () => FunctionRef;
}

interface StatementSurroundings {
  readonly integers: Integers;
  readonly expressions: Expressions;
  /** Rows and sums over steps that run over all examples at once where every example has all steps. */
  readonly joined: JoinedLoops | undefined;
  /** The variable of the loop around, for partial sums outside of vectors. */
  readonly position: Local | undefined;
}

export class KernelContext {
  readonly code: FunctionCode;
  readonly parts: ModuleParts;
  readonly accumulators: Accumulators;
  private readonly place: StatementSurroundings;

  private constructor(
    code: FunctionCode,
    parts: ModuleParts,
    accumulators: Accumulators,
    place: StatementSurroundings,
  ) {
    this.code = code;
    this.parts = parts;
    this.accumulators = accumulators;
    this.place = place;
  }

  /** At the beginning of a function. */
  static of(expressions: Expressions, parts: ModuleParts, accumulators: Accumulators): KernelContext {
    const { code, integers } = expressions;
    const place = { integers, expressions, joined: undefined, position: undefined };
    return new KernelContext(code, parts, accumulators, place);
  }

  get integers(): Integers {
    return this.place.integers;
  }

  get expressions(): Expressions {
    return this.place.expressions;
  }

  get joined(): JoinedLoops | undefined {
    return this.place.joined;
  }

  get position(): Local | undefined {
    return this.place.position;
  }

  emit(statement: Statement, lanes?: Lanes): void {
    this.parts.emit(statement, this, lanes);
  }

  emitAll(statements: readonly Statement[], lanes?: Lanes): void {
    for (const statement of statements) this.emit(statement, lanes);
  }

  /** Gives `body` a place within this one: the integers computed there are forgotten afterwards. */
  scoped(body: (inner: KernelContext) => void): void {
    this.integers.scoped((integers) => body(this.knowing(integers)));
  }

  /** A place within this one, which has what `scope` holds and keeps there what it computes. */
  within(scope: ComputedIntegers): KernelContext {
    return this.knowing(this.integers.within(scope));
  }

  /** In the round of a loop. */
  atPosition(position: Local): KernelContext {
    return this.with({ position });
  }

  /** Where loops over examples and their steps are one. */
  joining(joined: JoinedLoops | undefined): KernelContext {
    return this.with({ joined });
  }

  private knowing(integers: Integers): KernelContext {
    return this.with({ integers, expressions: this.expressions.with(integers) });
  }

  private with(changes: Partial<StatementSurroundings>): KernelContext {
    return new KernelContext(this.code, this.parts, this.accumulators, { ...this.place, ...changes });
  }
}
