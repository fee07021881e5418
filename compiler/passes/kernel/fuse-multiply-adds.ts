/**
 * Lets a multiplication and the addition of what it gives be one operation, which rounds once where the host's machine has it and twice
 * where not: the terms of products, and the multiply-adds of functions. Sums keep their order; bits change with the host.
 */
import { fuseMultiplyAdds as fuseInFunction } from "../../base/math/fuse-multiply-adds.js";
import { isMathName, mathFunctions } from "../../base/math/functions.js";
import type { OperationExpression, ProductStatement } from "../../ir/kernel/kernel-program.js";
import { mapStatement } from "../../ir/kernel/visit.js";
import type { PlannedPass } from "./kernel-pass.js";
import type { VectorTarget } from "./target.js";

export const fuseMultiplyAdds: PlannedPass<VectorTarget> = {
  name: "fuse-multiply-adds",
  summary: "let terms of products and multiply-adds of functions round once, where the host has that",
  run: (program, { dtype }) => {
    const operation = (value: OperationExpression): OperationExpression => {
      if (!isMathName(value.op)) return value;
      const fn = mathFunctions[value.op][dtype];
      return fuseInFunction(fn) === fn ? value : { ...value, fused: true };
    };
    const product = (value: ProductStatement): ProductStatement => ({
      ...value,
      schedule: { ...value.schedule, fused: true },
    });
    const functions = program.functions.map((fn) => ({
      ...fn,
      body: fn.body.map((statement) => mapStatement(statement, { operation, product })),
    }));
    return { ...program, functions };
  },
};
