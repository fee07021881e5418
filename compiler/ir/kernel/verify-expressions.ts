/** Checks of scalars: names, elements and what operations take. */
import { fuseMultiplyAdds } from "../../base/math/fuse-multiply-adds.js";
import { isMathName, mathFunctions } from "../../base/math/functions.js";
import { scalarArity, type ScalarOp } from "../ops/scalar-ops.js";
import { addAffine, affineConstant, subtractAffine } from "./affine.js";
import { bufferSize } from "./buffer-size.js";
import { dtypeOf, operandDtype, resultDtype, type ScalarDType } from "./dtypes.js";
import type { Access, ElementType, KernelExpression, KernelBuffer, OperationExpression } from "./kernel-program.js";
import type { IntegerVerifier, Report } from "./verify-integers.js";
import type { KernelScope } from "./verify-scope.js";
import type { Condition } from "./visit.js";

/** In one precision, at least. */
const hasMultiplyAdds = (op: ScalarOp): boolean =>
  isMathName(op) && [mathFunctions[op].f32, mathFunctions[op].f64].some((fn) => fuseMultiplyAdds(fn) !== fn);

export class ElementVerifier {
  readonly integers: IntegerVerifier;
  private readonly buffers: ReadonlyMap<string, KernelBuffer>;
  private readonly sizes: ReadonlyMap<string, number>;
  private readonly report: Report;

  constructor(
    buffers: ReadonlyMap<string, KernelBuffer>,
    sizes: ReadonlyMap<string, number>,
    integers: IntegerVerifier,
    report: Report,
  ) {
    this.buffers = buffers;
    this.sizes = sizes;
    this.integers = integers;
    this.report = report;
  }

  /** The elements of a buffer of that type; 0 where there is none. */
  buffer(name: string, dtype: ElementType): number {
    const buffer = this.buffers.get(name);
    if (buffer === undefined) {
      this.report(`no buffer ${name}`);
      return 0;
    }
    if (buffer.dtype !== dtype) this.report(`${name} holds ${buffer.dtype} elements, not ${dtype} ones`);
    return bufferSize(buffer, this.sizes);
  }

  /** Vectors of each strip in the panels of a buffer, which has to be one of panels. */
  panels(name: string): number | undefined {
    const panels = this.buffers.get(name)?.panels;
    if (this.buffers.has(name) && panels === undefined) this.report(`${name} is no buffer of panels`);
    else if (panels !== undefined && panels < 1) this.report(`${name} has panels of ${panels} vectors`);
    return panels;
  }

  /** The same element, in the buffer that the one it is named in is a part of. */
  whole(access: Access): Access {
    const own = this.buffers.get(access.buffer);
    const around = own?.within === undefined ? undefined : this.buffers.get(own.within);
    if (own === undefined || around === undefined) return access;
    const start = subtractAffine(affineConstant(own.place.offset), affineConstant(around.place.offset));
    return { buffer: around.name, offset: addAffine(access.offset, start) };
  }

  access({ buffer, offset }: Access, dtype: ElementType, scope: KernelScope): void {
    const range = this.integers.range(offset, scope);
    const isKnown = this.buffers.has(buffer);
    const size = this.buffer(buffer, dtype);
    if (range === undefined || !isKnown || scope.isIdle) return;
    if (range[0] < 0 || range[1] >= size) {
      this.report(`${buffer} of ${size} elements at ${range[0]} to ${range[1]}`);
    }
  }

  expression(value: KernelExpression, scope: KernelScope, expected?: ScalarDType): void {
    if (expected !== undefined && dtypeOf(value) !== expected) {
      this.report(`a ${dtypeOf(value)} value where a ${expected} one belongs`);
    }
    switch (value.kind) {
      case "literal":
        if (value.dtype === "bool" && value.value !== 0 && value.value !== 1)
          this.report(`a truth value of ${value.value}`);
        return;
      case "variable": {
        const scalar = scope.scalar(value.name);
        if (scalar === undefined) this.report(`the value ${value.name} is not bound`);
        else if (scalar.dtype !== value.dtype) this.report(`${value.name} is ${scalar.dtype}, not ${value.dtype}`);
        return;
      }
      case "load":
        this.access(value.access, "real", scope);
        return;
      case "integer":
        this.integers.variables(value.value, scope);
        return;
      case "operation":
        this.operation(value, scope);
        return;
      case "choice":
        this.choice(value, scope);
    }
  }

  private operation({ op, operands, dtype, fused }: OperationExpression, scope: KernelScope): void {
    const arity = scalarArity[op];
    if (operands.length !== arity) this.report(`${op} takes ${arity} operands, not ${operands.length}`);
    if (fused === true && !hasMultiplyAdds(op)) this.report(`${op} has no multiply-adds to fuse`);
    const result = resultDtype(op, operands);
    if (dtype !== result) this.report(`${op} gives a ${result} value, not a ${dtype} one`);
    operands.forEach((operand, position) => {
      this.expression(operand, scope, operandDtype(op, position, result));
    });
  }

  /** What stands in a choice is read where its side is taken; a choice by several variables at once is not judged. */
  private choice(
    { left, right, below, otherwise, dtype }: Extract<KernelExpression, { kind: "choice" }>,
    scope: KernelScope,
  ): void {
    for (const side of [left, right]) this.integers.variables(side, scope);
    for (const [value, holds] of [
      [below, true],
      [otherwise, false],
    ] as const) {
      const condition: Condition = { left, right, holds };
      this.expression(value, this.integers.narrow(condition, scope) ?? scope.never(), dtype);
    }
  }
}
