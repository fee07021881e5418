/** Random cells for fast-check. */
import fc from "fast-check";
import { type CellParts, type CellText, printCell, smallerCells } from "./cell-parts.js";
import { type ArbitraryCellOptions, growCell } from "./grow-cell.js";

/** A random cell. fast-check prints it as its text, which can be pasted into a file. */
export interface RandomCell extends CellText {
  readonly [fc.toStringMethod]: () => string;
}

class ArbitraryCell extends fc.Arbitrary<RandomCell> {
  private readonly options: ArbitraryCellOptions;

  constructor(options: ArbitraryCellOptions) {
    super();
    this.options = options;
  }

  override generate(random: fc.Random): fc.Value<RandomCell> {
    return asValue(growCell((count) => random.nextInt(0, count - 1), this.options));
  }

  override canShrinkWithoutContext(_value: unknown): _value is RandomCell {
    return false;
  }

  override shrink(_value: RandomCell, context: unknown): fc.Stream<fc.Value<RandomCell>> {
    if (context === undefined) return fc.Stream.nil();
    return fc.stream(smallerCells(context as CellParts)).map(asValue);
  }
}

function asValue(parts: CellParts): fc.Value<RandomCell> {
  const text = printCell(parts);
  return new fc.Value({ ...text, [fc.toStringMethod]: () => `\n${text.source}` }, parts);
}

/**
 * Well-typed cells, in which every operation of the language can occur: sizes, several states, used cells, functions, also
 * such that read params, declared derivatives, contexts of fixed shape and with a run-time dimension, index inputs, counters, normalised states, sums of products that
 * share their vectors. They shrink to a small text that is still well-typed.
 *
 * @example
 *     fc.assert(fc.property(arbitraryCell(), ({ source }) => check(source).diagnostics.length === 0));
 */
export function arbitraryCell(options: ArbitraryCellOptions = {}): fc.Arbitrary<RandomCell> {
  return new ArbitraryCell(options);
}
