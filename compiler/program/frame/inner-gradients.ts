/** Gradients inside of a cell, `gradient(e, by = W)`, of which those are reported that are 0 as the number does not depend on what they are by. */
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import { reportFlat } from "../../language/semantics/flat-gradients.js";
import type { TypedExpression, TypedGradient } from "../../language/semantics/typed-program.js";
import type { DeriveInside, Lowering } from "./frame.js";

export class InnerGradients {
  /** What gradients are by, each with the number, and whether the number depended on it wherever it was lowered. */
  private readonly noted = new Map<TypedExpression, { readonly of: TypedExpression; reaches: boolean }>();
  private readonly rule: DeriveInside;

  constructor(rule: DeriveInside) {
    this.rule = rule;
  }

  readonly derive: Lowering["derive"] = (builder, value, by, node: TypedGradient) => {
    const gradients = this.rule(builder, value, by);
    for (const [i, one] of node.by.entries()) {
      const reaches = gradients[i] !== undefined || this.noted.get(one)?.reaches === true;
      this.noted.set(one, { of: node.value, reaches });
    }
    return gradients;
  };

  report(collector: DiagnosticCollector): void {
    for (const [by, { of, reaches }] of this.noted) if (!reaches) reportFlat(of, by, collector);
  }
}
