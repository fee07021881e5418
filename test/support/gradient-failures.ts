import type { GradientReport } from "../../compiler/index.js";

/** The comparisons that have failed, by tensor, precision and method. */
export const failures = ({ tensors }: GradientReport): string[] =>
  tensors.flatMap(({ name, methods }) =>
    methods.flatMap((m) => (m.passed ? [] : [`${name}, ${m.precision} ${m.method}`])),
  );
