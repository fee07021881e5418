/** Declared initialisers with their numbers filled in. */
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import { checkInitializer } from "../../language/semantics/initializer-range.js";
import type { Initializer } from "../../../runtime/module/manifest.js";
import type { PlacedTensor } from "../frame/placed-tensors.js";
import { constantValue } from "./constant-value.js";
import { shapeIn } from "../frame/frame.js";

/**
 * Without an initialiser vectors and scalars start at zero and matrices by `glorot_uniform`. Numbers that depend on a
 * dimension without a size are NaN.
 */
export function initializerOf(
  { tensor, startFrame: frame, ...placed }: PlacedTensor,
  collector: DiagnosticCollector,
): Initializer {
  const { initializer } = tensor;
  if (tensor.start !== undefined) return { kind: "computed" };
  if (initializer === undefined) {
    return { kind: shapeIn(placed.frame, tensor.type).length < 2 ? "zeros" : "glorot_uniform" };
  }
  const values = initializer.arguments.map((argument) => constantValue(frame, argument));
  const isOpen = [...frame.dimensions.values()].some((dim) => dim.terms.some(({ powers }) => powers.length > 0));
  if (values.length > 0 && !(isOpen && values.some(Number.isNaN))) checkInitializer(initializer, values, collector);
  const [first = 0, second] = values;
  switch (initializer.name) {
    case "constant":
      return { kind: "constant", value: first };
    case "uniform":
      if (second === undefined) return { kind: "uniform", bound: first };
      return { kind: "uniform", bound: (second - first) / 2, ...aroundMean((first + second) / 2) };
    case "normal":
      if (second === undefined) return { kind: "normal", deviation: first };
      return { kind: "normal", deviation: second, ...aroundMean(first) };
    default:
      return { kind: initializer.name as Exclude<Initializer["kind"], "constant" | "uniform" | "normal"> };
  }
}

/** `uniform(-a, a)` is `uniform(a)`. */
const aroundMean = (mean: number): { readonly mean?: number } => (mean === 0 ? {} : { mean });
