/** Gradients inside of a cell, `gradient(e, by = W)`, of which those are reported that are 0 as the number does not depend on what they are by. */
import type { DiagnosticCollector } from "../base/diagnostics/diagnostic.js";
import type { TypedExpression, TypedGradient } from "../language/semantics/typed-program.js";
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
    for (const [by, { of, reaches }] of this.noted) {
      if (reaches) continue;
      const message = `${wordsFor(of, "this number")} does not depend on ${wordsFor(by, "this")}, so this gradient is 0`;
      collector.report("gradient-without-influence", by.span, message, {
        related: [{ span: of.span, message: "the number" }],
        help: "equations that the number reads are followed, and what it was in earlier steps is not",
      });
    }
  }
}

function wordsFor(value: TypedExpression, otherwise: string): string {
  const isNamed = value.kind === "value" || value.kind === "next" || value.kind === "round-value";
  if (!isNamed) return otherwise;
  const isNext = value.kind === "next" || (value.kind === "round-value" && value.next);
  return `\`${value.name}${isNext ? "'" : ""}\``;
}
