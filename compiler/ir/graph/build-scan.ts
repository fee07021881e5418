/** Making a scan whose operands become known in any order while its body is written. */
import { GraphBuilder, type NamedOutput } from "./build.js";
import { countsOf, inOrder, type OperandKind, type ScanCourse } from "./scan.js";
import type { Standing, ValueId, ValueType } from "./graph-function.js";

/** An input of the body and what the scan gives it. */
interface GivenInput {
  readonly input: ValueId;
  readonly operand: ValueId;
}

export class ScanBuilder {
  /** The body. */
  readonly inner: GraphBuilder;
  private readonly outer: GraphBuilder;
  private readonly given: Readonly<Record<OperandKind, GivenInput[]>> = { carried: [], sequence: [], invariant: [] };

  /** @param outer where the scan is to stand */
  constructor(outer: GraphBuilder, name: string) {
    this.outer = outer;
    this.inner = new GraphBuilder(name, outer.context);
  }

  /**
   * A new input of the body for an operand outside. Inputs of one kind keep their order, whatever comes between.
   * @param type what the body sees: of a sequence, one element
   */
  input(kind: OperandKind, name: string, type: ValueType, operand: ValueId): ValueId {
    const input = this.inner.input(name, type);
    this.given[kind].push({ input, operand });
    return input;
  }

  /**
   * Emits the scan.
   * @param like how it runs
   * @param outputs of the body: the next carried values, then what is stacked
   */
  emit(like: ScanCourse, outputs: readonly NamedOutput[], there: Standing = this.outer): ValueId[] {
    const { length, reverse, rounds, states } = like;
    const { carried, sequence, invariant } = this.given;
    const parts = { carried, sequences: sequence, invariants: invariant };
    const given = inOrder(parts);
    const body = { ...this.inner.finish(outputs), inputs: given.map(({ input }) => input) };
    return this.outer.emitAll(
      { kind: "scan", body, ...countsOf(parts), length, reverse, rounds, states },
      given.map(({ operand }) => operand),
      there,
    );
  }
}
