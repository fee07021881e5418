/** Where programs come from at any sizes, for a check that makes cases smaller. */
import type { SourceFile } from "../../base/source/source-file.js";
import { lowerSource } from "../../driver/pipeline.js";
import type { DerivativeRules } from "../../passes/autodiff/derivative-rules.js";
import type { Program } from "../../program/program.js";
import { type CandidateText, lowerText } from "./candidates.js";
import type { ProgramSource } from "./locate/find-rule.js";

/** A text at any sizes, each of which is lowered once. */
export function programSource(source: CandidateText, rules?: DerivativeRules): ProgramSource {
  const known = new Map<string, ReturnType<typeof lowerText>>();
  return {
    lower: (dimensions) => {
      const key = JSON.stringify(dimensions);
      const result = known.get(key) ?? lowerText(source, dimensions);
      known.set(key, result);
      return result.program;
    },
    sources: sourcesOf(source),
    rules,
  };
}

/** A program at the sizes that it has, and at no others. */
export function sourceOfProgram(program: Program): ProgramSource {
  const own = program.dimensions;
  return {
    lower: (dimensions) => {
      const given = Object.entries(dimensions);
      return given.length === own.size && given.every(([name, size]) => own.get(name) === size) ? program : undefined;
    },
    sources: () => undefined,
  };
}

/** Files by name, read where they are asked for. */
function sourcesOf({ text, options }: CandidateText): (file: string) => SourceFile | undefined {
  let sources: ReadonlyMap<string, SourceFile> | undefined;
  return (file) => {
    sources ??= lowerSource(text, options, "symbolic").sources;
    return sources.get(file);
  };
}
