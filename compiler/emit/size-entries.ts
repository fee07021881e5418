/** What a manifest says of sizes that follow from others, and of what is demanded of sizes. */
import { at, lookUp } from "../base/at.js";
import { type Dim, symbolOf } from "../base/types/dim.js";
import type { ComputedSize, ComputedSizes } from "../program/computed-sizes.js";
import type { Program } from "../program/program.js";
import type { AxisEntry, ConditionEntry, SizeEntry, SizeTerm } from "../../runtime/module/manifest.js";

/** Names of axes of calls by their symbols. */
type AxisNames = ReadonlyMap<string, string>;

export function computedEntries({ list }: ComputedSizes, axes: AxisNames): AxisEntry[] {
  const names = withComputed(list, axes);
  return list.map(({ name, isFloor, grows, ...own }) => ({
    name,
    kind: "computed",
    option: "none",
    size: { ...sizeEntry(own, names), ...(isFloor && { floor: true }) },
    ...(!grows && { largest: true }),
  }));
}

export function conditionEntries({ requires = [] }: Program, sizes: ComputedSizes, axes: AxisNames): ConditionEntry[] {
  return requires.map(({ kind, dim, text, equation }) => {
    const own = sizes.expression(dim);
    return {
      kind,
      size: sizeEntry(own, withComputed(sizes.list, axes)),
      text,
      ...(equation !== undefined && { equation }),
    };
  });
}

const withComputed = (list: readonly ComputedSize[], axes: AxisNames): AxisNames =>
  new Map([...axes, ...list.map(({ symbol, name }) => [symbol, name] as const)]);

/** Terms of whole factors, and of powers of axes that are no quotients. */
export function sizeEntry(
  { dividend, divisor }: Pick<ComputedSize, "dividend" | "divisor">,
  names: AxisNames,
): SizeEntry {
  const termsOf = (dim: Dim): SizeTerm[] =>
    dim.terms.map(({ numerator, powers }) => [
      numerator,
      ...powers.flatMap(([factor, exponent]) => new Array<string>(exponent).fill(lookUp(names, symbolOf(factor)))),
    ]);
  return { dividend: termsOf(dividend), divisor: at(termsOf(divisor), 0) };
}
