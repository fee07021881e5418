/** The table of diagnostics as a page: spec/diagnostics.md. */
import type { CodeEntry } from "./codes.js";
import { semanticCodes } from "./codes/semantics.js";
import { syntaxCodes } from "./codes/syntax.js";

const exampleLimit = 160;

/** The text of spec/diagnostics.md. */
export function diagnosticsReference(): string {
  return [
    "# Diagnostics",
    "",
    "Generated from `compiler/base/diagnostics/codes/` by `npm run generate`. Every example gives exactly the code above it; long ones are cut, and end with …",
    "",
    ...section("Form", syntaxCodes),
    ...section("Meaning", semanticCodes),
  ]
    .join("\n")
    .replace(/\n*$/, "\n");
}

function section(title: string, table: Readonly<Record<string, CodeEntry>>): string[] {
  return [`## ${title}`, "", ...Object.entries(table).flatMap(([code, entry]) => entryLines(code, entry))];
}

function entryLines(code: string, { severity, summary, explanation, example }: CodeEntry): string[] {
  const shown = example.length > exampleLimit ? `${example.slice(0, exampleLimit)} …` : example;
  // A NUL is shown by the sign that Unicode has for it.
  const visible = shown.replaceAll("\0", "\u2400");
  const fenced = ["```", ...visible.split("\n"), "```"];
  return [`### ${code}`, "", `${severity}: ${summary}`, "", explanation, "", ...fenced, ""];
}
