/**
 * The graph IR: what is computed, for ONE example. Tensors in single assignment, small orthogonal operations.
 *
 * There is no batch axis. A value is either *per example* or *shared* by all examples (it depends on parameters and
 * constants only); the batch is a matter of lowering. Only `batch_sum` looks across examples: it adds a per-example
 * value over the batch and gives a shared one. Dimensions may be symbols: cell dimensions until they are bound,
 * `%T` for the steps of this example, and run-time dimensions of contexts (`S`), each of this example.
 *
 * Everything here is plain read-only data. Only `build.ts` makes instructions.
 */
import type { Dim } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import type { Origin } from "./origin.js";
import type { ScalarOp } from "../ops/scalar-ops.js";

export type DType = "real" | "index" | "bool";

export interface ValueType {
  readonly dtype: DType;
  readonly shape: Shape;
  /** True where the value is the same for all examples. */
  readonly shared: boolean;
}

/** Index into `GraphFunction.types`. */
export type ValueId = number;

/**
 * How a product is summed. Lowering decides it by the equation as it is written, for one step of one example: 4 where no
 * axis is free, a dot product. No pass changes it, so that a product over time has the bits of its steps.
 */
export type SumParts = 1 | 4;

/**
 * What stands in front of a sequence, or goes through its loop, and is a state where the sequence comes in chunks. Equations say it, as they say
 * places, to `program/sequences/sequence-states.ts`; no program has either any more.
 */
export interface SequenceState {
  /** By path: of the equation, or of the run and its own state. */
  readonly name: string;
  readonly documentation: string;
  /** Of an index. */
  readonly bound: Dim | undefined;
  /** What `before` has in front of the first element, rather than the state of a run. */
  readonly isBefore: boolean;
}

export type Operation =
  /** A scalar literal; real, or bool as 0/1. */
  | { readonly kind: "constant"; readonly dtype: DType; readonly value: number }
  /** A dimension as a real scalar, `4*H`; per example where it holds `%T` or a run-time dimension. */
  | { readonly kind: "dimension"; readonly dim: Dim }
  /** 0, 1, … length - 1 as reals; per example as `dimension`. `places` are numbers that go on from chunk to chunk where `length` is streamed. */
  | { readonly kind: "iota"; readonly length: Dim; readonly places: boolean }
  /**
   * A scalar operation on operands of one shape. Only a `stop_gradient` is `exact`: it stops a derivative, and that of the result is right all
   * the same, as the value is taken out of an expression and put in again (the greatest element of a softmax).
   */
  | { readonly kind: "map"; readonly op: ScalarOp; readonly exact: boolean }
  /** Operand axis `i` becomes result axis `axes[i]` (increasing); the other result axes repeat it. */
  | { readonly kind: "broadcast"; readonly shape: Shape; readonly axes: readonly number[] }
  /** Removes `axes` (increasing). Max and min give -inf / +inf over an empty axis, sum 0. */
  | { readonly kind: "reduce"; readonly op: "sum" | "max" | "min"; readonly axes: readonly number[] }
  /**
   * A general product. Axes carry labels: in both operands and not in the result = contracted, in all three = batch,
   * in one operand and the result = free. `matmul`: a [0,1], b [1,2], result [0,2].
   * `parts` is the order of additions: 1 is one after the other, 4 that of `reduce sum` over the products of two numbers.
   */
  | {
      readonly kind: "contract";
      readonly a: readonly number[];
      readonly b: readonly number[];
      readonly result: readonly number[];
      readonly parts: SumParts;
      /** Terms whose factor of `a`, a derivative, is 0 are 0, whatever the other factor is (`expand-strong-products.ts`). */
      readonly strong?: boolean;
    }
  | { readonly kind: "slice"; readonly axis: number; readonly start: Dim; readonly length: Dim }
  /** Zeros before and after along one axis: the transpose of `slice`. */
  | { readonly kind: "pad"; readonly axis: number; readonly before: Dim; readonly after: Dim }
  /** `state` is of its first operand, where that stands in front of a sequence. */
  | { readonly kind: "concat"; readonly axis: number; readonly state: SequenceState | undefined }
  /** Same elements in row-major order. */
  | { readonly kind: "reshape"; readonly shape: Shape }
  /** Result axis `i` is operand axis `permutation[i]`. */
  | { readonly kind: "transpose"; readonly permutation: readonly number[] }
  | { readonly kind: "reverse"; readonly axis: number }
  /** Windows along an axis, `[n]` to `[length, size]`: element `[i, k]` is element `stride i + dilation k` of the operand. */
  | {
      readonly kind: "window";
      readonly axis: number;
      readonly length: Dim;
      readonly size: Dim;
      readonly stride: Dim;
      readonly dilation: Dim;
    }
  /** Adds the windows `[length, size]` of two axes to where they come from, in zeros of `[size]`: the transpose of `window`. */
  | {
      readonly kind: "unwindow";
      readonly axis: number;
      readonly size: Dim;
      readonly stride: Dim;
      readonly dilation: Dim;
    }
  /** `gather(table [V, …a, …], index […a, …i])` gives `[…a, …i, …]`: at each of the places of the `along` axes `a` it looks up what is there. */
  | { readonly kind: "gather"; readonly along: number }
  /** `scatter_add(index […a, …i], updates […a, …i, …])` into zeros of `[size, …a, …]`: the transpose of `gather`. */
  | { readonly kind: "scatter_add"; readonly along: number; readonly size: Dim }
  /** Whole numbers as integers: what nobody has made sure of is cut to the whole number next to 0. */
  | { readonly kind: "to_index" }
  /** Adds a per-example value over the batch; the result is shared. */
  | { readonly kind: "batch_sum" }
  /**
   * A value whose derivative is declared instead of derived: the value is that of the first operand, whose own derivative
   * counts for nothing.
   * Operands: the value, `arguments` values that it has a derivative by, then coefficients.
   * Inputs of `tangent`: the tangents of the arguments, then the coefficients; its output is the tangent of the value,
   * linear in the tangents (`linear.ts`). Its name is that of the function that declared it.
   * `exact` where it is that of the value (implicit rounds), and not one that an author wants instead.
   */
  | {
      readonly kind: "custom_derivative";
      readonly arguments: number;
      readonly exact: boolean;
      readonly tangent: GraphFunction;
    }
  /**
   * Runs `body` for t = 0 … length-1 (backwards with `reverse`).
   * Operands: `carried` initial values, `sequences` (leading axis `length`), then invariants.
   * Body inputs: carried, one element of each sequence, invariants; body outputs: next carried, then outputs.
   * Results: final carried, then each output stacked over time (leading axis `length`, at its own t).
   */
  | {
      readonly kind: "scan";
      readonly body: GraphFunction;
      readonly length: Dim;
      readonly carried: number;
      readonly sequences: number;
      readonly reverse: boolean;
      /**
       * It runs the rounds of an equation, whose number is a constant, or is a derivative of one that does: sums in it are in the order that
       * they have where the rounds are written out, and what it has of a round may be the same for all examples.
       */
      readonly rounds: boolean;
      /** One for each carried value, or none at all. */
      readonly states: readonly (SequenceState | undefined)[];
    };

export type OperationKind = Operation["kind"];

export interface Instruction {
  readonly operation: Operation;
  readonly operands: readonly ValueId[];
  /** One value, except for `scan`. */
  readonly results: readonly ValueId[];
  /** For messages: nothing that is computed depends on it. */
  readonly origin: Origin;
  /**
   * Of what is written out in a round, and of its derivatives: which one. No sum goes on from one to the next (`order-sums`). Of equal values of
   * several rounds one is computed, which is of the first of them.
   */
  readonly round: number | undefined;
}

/** Where an instruction stands: in the text of its author, and in which round. */
export type Standing = Pick<Instruction, "origin" | "round">;

export interface GraphFunction {
  readonly name: string;
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  /** Operands are defined before they are used. */
  readonly instructions: readonly Instruction[];
  /** The type of every value, by id. */
  readonly types: readonly ValueType[];
  /** Names for printing and messages, by id; inputs and outputs always have one. */
  readonly names: readonly (string | undefined)[];
  /** Names of the outputs, in order: one value may be several outputs. */
  readonly outputNames: readonly string[];
  /**
   * Outputs that are made by rows, by name, with the shape of the places of an example (`rows.ts`): who makes them leaves all other rows as they
   * are, and so has to be given zeros. None where left out.
   */
  readonly rows?: ReadonlyMap<string, Shape>;
}

/** A set of functions with different names. */
export interface GraphProgram {
  readonly functions: readonly GraphFunction[];
}
