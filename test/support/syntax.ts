/** Reading sources in tests. */
import { DiagnosticCollector, type Diagnostic } from "../../compiler/base/diagnostics/diagnostic.js";
import type { SourceFileNode } from "../../compiler/language/syntax/ast.js";
import { parse } from "../../compiler/language/syntax/parse.js";

export interface Parsed {
  readonly tree: SourceFileNode;
  readonly diagnostics: readonly Diagnostic[];
}

export function parseText(text: string): Parsed {
  const collector = new DiagnosticCollector();
  const tree = parse(text, "test.cell", collector);
  return { tree, diagnostics: collector.diagnostics };
}

/** Parses a text that must be free of errors. */
export function parseClean(text: string): SourceFileNode {
  const { tree, diagnostics } = parseText(text);
  if (diagnostics.length > 0) {
    const found = diagnostics.map(({ code, message, span }) => `${code} at ${span.start}: ${message}`);
    throw new Error(`unexpected diagnostics:\n${found.join("\n")}\nin:\n${text}`);
  }
  return tree;
}

/** A tree as plain data without places, for comparisons. */
export function withoutPlaces(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutPlaces);
  if (typeof node !== "object" || node === null) return node;
  const kept = Object.entries(node).filter(([key, value]) => !places.has(key) && value !== undefined);
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutPlaces(value)]));
}

const places = new Set(["span", "pathSpan", "operatorSpan", "blankLines"]);

/** A source in which `‹…›` marks the places of the expected diagnostics, in order. */
export function unmark(marked: string): { readonly text: string; readonly spans: readonly [number, number][] } {
  const spans: [number, number][] = [];
  let text = "";
  for (const character of marked) {
    if (character === "‹") spans.push([text.length, -1]);
    else if (character === "›") spans.find((span) => span[1] < 0)![1] = text.length;
    else text += character;
  }
  return { text, spans };
}
