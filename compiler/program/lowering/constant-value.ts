/** Numbers that are known when a module is compiled. */
import { GraphBuilder } from "../../ir/graph/build.js";
import { evaluateFunction } from "../../ir/graph/evaluate.js";
import type { TypedExpression } from "../../language/semantics/typed-program.js";
import { symbolsOf } from "../../base/types/dim.js";
import { ComplexToReal } from "../complex/complex-to-real.js";
import { lowerExpression } from "./expression-lowering.js";
import type { Frame } from "../frame/frame.js";

/** The value of a constant expression; NaN where it depends on a dimension without a size. */
export function constantValue(frame: Pick<Frame, "dimensions" | "reals">, node: TypedExpression): number {
  const builder = new GraphBuilder("constant");
  const whole: Frame = { ...frame, values: new Map(), children: new Map(), path: "" };
  const nothing = (): undefined => undefined;
  const derive = (): [] => [];
  const lowering = { builder, lower: lowerExpression, noteDeclared: nothing, derive, mostWrittenOut: Infinity };
  const value = lowerExpression(lowering, whole, new ComplexToReal(new Set()).real(node));
  const fn = builder.finish([{ name: "value", value }]);
  const isOpen = fn.instructions.some(
    ({ operation }) => operation.kind === "dimension" && symbolsOf(operation.dim).length > 0,
  );
  if (isOpen) return NaN;
  const [result] = evaluateFunction(fn, [], [new Map()]);
  return result !== undefined && "shared" in result ? (result.shared.data[0] ?? NaN) : NaN;
}
