/** Dimensions and real numbers that a cell is used with, and the values that they have otherwise. */
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import type { CellNode } from "../syntax/ast.js";
import { Checker, noInstances } from "./checker.js";
import { inferConstant, inferIndex } from "./constants.js";
import { sizeOf } from "./dimension-expressions.js";
import { inferByKind } from "./infer/rules.js";
import type { CellScope } from "./scope.js";
import type { TypedCell } from "./typed-program.js";

/** Whether the values of real parameters are sound is noted in `checker`. */
export function checkParameters(
  checker: Checker,
  collector: DiagnosticCollector,
  scope: CellScope,
  { parameters }: CellNode,
): Pick<TypedCell, "dimensions" | "reals"> {
  /** For the default at `position`: it may use the parameters before it, and one of a real number all dimensions. */
  const before = (position: number): Checker => {
    const isReal = parameters[position]?.type === "real";
    const allowed = parameters.filter(({ type }, i) => i < position || (isReal && type === "dimension"));
    const names = new Set(allowed.map(({ name }) => name.text));
    const entries = new Map([...scope.entries].filter(([text]) => names.has(text)));
    return new Checker(collector, { ...scope, entries }, checker.known, noInstances, inferByKind);
  };
  const dimensions: TypedCell["dimensions"][number][] = [];
  const reals: TypedCell["reals"][number][] = [];
  for (const [position, { name, type, bound: written, defaultValue }] of parameters.entries()) {
    const named = { name: name.text, span: name.span };
    if (type === "dimension") {
      dimensions.push({ ...named, defaultValue: defaultValue && sizeOf(before(position), defaultValue) });
    } else if (type === "real") {
      const bound = written && sizeOf(before(position), written);
      const own = before(position);
      const value = defaultValue && (bound === undefined ? inferConstant(own, defaultValue) : inferIndex(own, defaultValue, bound)); // prettier-ignore
      const isBad =
        (defaultValue !== undefined && value === undefined) || (written !== undefined && bound === undefined);
      if (isBad) checker.sound = false;
      if (bound !== undefined) scope.types.set(name.text, { kind: "index", bound, axes: [] });
      for (const { kind, dim, span, said } of own.obligations) checker.oblige(kind, dim, span, said);
      reals.push({ ...named, defaultValue: value, ...(bound && { bound }) });
    }
  }
  return { dimensions, reals };
}
