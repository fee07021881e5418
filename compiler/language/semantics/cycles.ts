/** Reports of cycles: `r -> n -> r`. */
import type { Span } from "../../base/source/span.js";
import type { Checker } from "./checker.js";

interface Cycle {
  readonly parts: readonly CyclePart[];
  readonly help: string;
}

interface CyclePart {
  readonly text: string;
  readonly span: Span;
  /** A call stands where its cell is declared, which is not where one would look first. */
  readonly isCall: boolean;
}

/** Each cycle from its first equation in the text on. Of cycles that overlap only a shortest is reported. */
export function reportCycles(checker: Checker, cycles: readonly Cycle[]): void {
  const reported = new Set<string>();
  for (const { parts: cycle, help } of [...cycles].sort((a, b) => a.parts.length - b.parts.length)) {
    if (cycle.some(({ text }) => reported.has(text))) continue;
    for (const { text } of cycle) reported.add(text);
    const hasEquations = cycle.some(({ isCall }) => !isCall);
    const starts = cycle.map(({ span, isCall }) => (isCall && hasEquations ? Infinity : span.start));
    const first = starts.indexOf(Math.min(...starts));
    const turned = [...cycle.slice(first), ...cycle.slice(0, first)];
    const [head] = turned;
    if (head === undefined) continue;
    const path = [...turned, head].map(({ text }) => text).join(" -> ");
    const what = turned.length === 1 ? `\`${head.text}\` needs itself` : "equations need each other";
    checker.report("cycle", head.span, `${what}: ${path}`, {
      related: turned.slice(1, 8).map(({ text, span }) => ({ span, message: `\`${text}\`` })),
      help,
    });
  }
}
