/** Where in a text numbers that are not finite begin. */
import { realArithmetic } from "../../../ir/graph/evaluate.js";
import type { SourceFile } from "../../../base/source/source-file.js";
import { type Program, programContext } from "../../../program/program.js";
import { valuesOfEach } from "../graph-point.js";
import { type Point, sizesAt } from "../point.js";
import type { Precision } from "../precision.js";
import type { NotFinitePlace, SingularStart } from "../report.js";
import { wholeFunctionAt } from "../whole-function.js";
import { equationOf, nameOf, placeOf } from "./describe-fault.js";
import { firstNotFiniteCotangent, firstNotFiniteValue, float32Arithmetic } from "./not-finite.js";

/** The first operation at a point whose value, or going backwards whose cotangent, is not finite; nothing where all are. */
export function placeOfNotFinite(
  program: Program,
  point: Point,
  of: SingularStart["of"],
  precision: Precision,
  sources: (file: string) => SourceFile | undefined,
): NotFinitePlace {
  const fn = wholeFunctionAt(program, point);
  const subject = { fn, context: programContext(program), values: valuesOfEach(point), sizes: sizesAt(point) };
  const find = of === "values" ? firstNotFiniteValue : firstNotFiniteCotangent;
  const found = find(subject, precision === "f32" ? float32Arithmetic : realArithmetic);
  if (found === undefined) return {};
  const { instruction, steps, index } = found;
  const [step] = steps;
  const equation = equationOf(found.fn, instruction);
  const place = placeOf(instruction.origin.span, sources);
  return {
    operation: nameOf(instruction.operation),
    ...(equation !== undefined && { equation }),
    ...(place !== undefined && { place }),
    ...(step !== undefined && { step }),
    index,
  };
}
