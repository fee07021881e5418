/** Kernels in text on which passes that move projections of inputs are tried. */

/** Parts of these kernels that tests write otherwise. */
type ProjectionParts = "p" | "W" | "x" | "start" | "input" | "matrix" | "loop" | "last" | "out" | "rows" | "columns";

/** A projection of inputs for all steps, and a loop whose product starts from it. */
export const projectionKernels = (changes: Partial<Record<ProjectionParts, string>> = {}): string => {
  const { p = "p: real[2*%B*%T]", x = "x: real[3*%B*%T] external persistent", loop = "for t < %T" } = changes;
  const { start = "p[b * (2*%T) + i + t * 2]", input = "x[b * (3*%T) + j + t * 3]", last = "" } = changes;
  const { W = "W: real[6] external persistent held", matrix = "W[i * 3 + j]" } = changes;
  const { out = "p[b * (2*%T) + i + t * 2]", rows = "rows t < %T of b", columns = "columns i < 2" } = changes;
  return `
    buffer U: real[4] external persistent held
    buffer ${W}
    buffer b: real[2] external persistent held
    buffer rows: index[%B]
    buffer ${p}
    buffer ${x}
    buffer y: real[2*%B*%T] external persistent
    kernel f {
      region p ; p = b + W · x
        for b < examples
          product ${out} = b[i] + sum ${input} * ${matrix}
            ${rows}
            columns i < 2
            contracted j < 3
      ${loop}
        select rows[0 .. active] from examples where t < %T
        region y ; y = p + U · x
          product y[b * (2*%T) + i + t * 2] = ${start} + sum x[b * (3*%T) + j + t * 3] * U[i * 2 + j]
            rows b < examples rows[0 .. active]
            ${columns}
            contracted j < 2
      ${last}
    }`;
};
