/** Declared initialisers with their numbers filled in. */
import type { DiagnosticCollector } from "../base/diagnostics/diagnostic.js";
import { checkInitializer } from "../language/semantics/initializer-range.js";
import type { Initializer } from "../../runtime/module/manifest.js";
import type { PlacedTensor } from "./cell-frames.js";
import { constantValue } from "./constant-value.js";
import { shapeIn } from "./frame.js";

/**
 * Without an initialiser vectors and scalars start at zero and matrices by `glorot_uniform`. Numbers that depend on a
 * dimension without a size are NaN.
 */
export function initializerOf({ tensor, frame }: PlacedTensor, collector: DiagnosticCollector): Initializer {
  const { initializer } = tensor;
  if (initializer === undefined) {
    return { kind: shapeIn(frame, tensor.type).length < 2 ? "zeros" : "glorot_uniform" };
  }
  const [argument] = initializer.arguments;
  const value = argument === undefined ? 0 : constantValue(frame, argument);
  const isOpen = [...frame.dimensions.values()].some((dim) => dim.terms.some(({ powers }) => powers.length > 0));
  if (!(isOpen && Number.isNaN(value))) checkInitializer(initializer, value, collector);
  switch (initializer.name) {
    case "constant":
      return { kind: "constant", value };
    case "uniform":
      return { kind: "uniform", bound: value };
    case "normal":
      return { kind: "normal", deviation: value };
    default:
      return { kind: initializer.name as Exclude<Initializer["kind"], "constant" | "uniform" | "normal"> };
  }
}
