/** What is checked: a program at some sizes, and modules made of it. */
import { loadModule } from "../../../runtime/module/load-js.js";
import type { CompiledModule } from "../../../runtime/module/compiled-module.js";
import type { Manifest } from "../../../runtime/module/manifest.js";
import type { Random } from "../../../runtime/base/random.js";
import type { CompileOptions } from "../../driver/compile-options.js";
import type { Diagnostic } from "../../base/diagnostics/diagnostic.js";
import { renderDiagnostics } from "../../base/diagnostics/render.js";
import { describeModule } from "../../driver/describe-module.js";
import { emitModule, type LowerResult, lowerSource } from "../../driver/pipeline.js";
import { CellError } from "../../driver/in-process.js";
import { beyondBudget } from "../../driver/operation-budget.js";
import type { Program } from "../../program/program.js";
import type { SourceFile } from "../../base/source/source-file.js";
import type { Precision } from "./report.js";
import { ensureCheckable } from "./uncheckable.js";

/** A program at sizes at which it can be checked. */
export interface Candidate {
  readonly dimensions: Readonly<Record<string, number>>;
  readonly manifest: Manifest;
  /** Undefined where only a module is known. */
  readonly program: Program | undefined;
  readonly modules: readonly { readonly precision: Precision; readonly module: CompiledModule }[];
}

/** A text and how to compile it, without sizes that are not fixed. */
export interface CandidateText {
  readonly text: string;
  readonly options: Pick<CompileOptions, "file" | "readFile" | "cell" | "dimensions" | "maxOperations">;
}

const everything = { target: "wasm", fma: false, wasmFile: false, gradient: true, jvp: true, hvp: true } as const;

/** Sizes that are tried for a cell whose dimensions must divide each other before giving up. */
const attempts = 200;

/** @throws CompileOptionsError where the cell or a real parameter is missing; CellError where the text has errors. */
export function lowerText({ text, options }: CandidateText, dimensions: Readonly<Record<string, number>>): LowerResult {
  return lowerSource(text, { ...options, dimensions: { ...options.dimensions, ...dimensions } }, "all sizes");
}

/** Sources of a text with sizes drawn at random where they are not fixed, small ones first; the same program for the same sizes. */
export function programsAtRandomSizes(source: CandidateText): (random: Random) => Program {
  const open = lowerSource(source.text, source.options, "symbolic").openDimensions;
  const known = new Map<string, LowerResult>();
  const lower = (sizes: Readonly<Record<string, number>>): LowerResult => {
    const key = JSON.stringify(sizes);
    const lowered = known.get(key) ?? lowerText(source, sizes);
    known.set(key, lowered);
    return lowered;
  };
  return (random) => {
    for (let attempt = 1; ; attempt++) {
      // Where they must divide each other, larger ones have more divisors.
      const most = attempt < attempts / 2 ? 4 : 12;
      const lowered = lower(Object.fromEntries(open.map((name) => [name, 1 + random.integer(most)])));
      const { program, diagnostics, sources } = lowered;
      const tooMany = beyondBudget(lowered, everything);
      if (tooMany.length > 0) throw cellError(tooMany, sources);
      if (program !== undefined) return program;
      if (open.length === 0 || attempt === attempts) throw cellError(diagnostics, sources);
    }
  };
}

function cellError(diagnostics: readonly Diagnostic[], sources: ReadonlyMap<string, SourceFile>): CellError {
  return new CellError(
    `the source has errors\n${renderDiagnostics(diagnostics, (file) => sources.get(file))}`,
    diagnostics,
  );
}

/** The modules that are checked. */
export interface CompiledAs {
  readonly precisions: readonly Precision[];
  readonly target: "wasm" | "js";
}

/** Candidates of a text at random sizes; each program is compiled once. */
export function candidatesAtRandomSizes(
  source: CandidateText,
  compiled: CompiledAs,
): (random: Random) => Promise<Candidate> {
  const programs = programsAtRandomSizes(source);
  const known = new Map<Program, Promise<Candidate>>();
  return (random) => {
    const program = programs(random);
    const candidate = known.get(program) ?? compileCandidate(program, compiled);
    known.set(program, candidate);
    return candidate;
  };
}

/**
 * Compiles and loads a program in each precision.
 *
 * @throws UncheckableError
 */
export async function compileCandidate(program: Program, { precisions, target }: CompiledAs): Promise<Candidate> {
  const candidate = candidateOf(program);
  ensureCheckable(candidate.manifest);
  const modules: { precision: Precision; module: CompiledModule }[] = [];
  for (const precision of precisions) {
    // Second derivatives are compared in float64 only.
    const hvp = precision === "f64";
    const { text } = emitModule(program, { ...everything, hvp, target, dtype: precision });
    modules.push({ precision, module: await loadModule(text) });
  }
  return { ...candidate, modules };
}

/** A program without modules: its derived functions are checked by themselves. */
export function candidateOf(program: Program): Candidate {
  const manifest = manifestOf(program);
  return { dimensions: manifest.dimensions, manifest, program, modules: [] };
}

/** What a module of the program would say about itself. */
export function manifestOf(program: Program): Manifest {
  return describeModule(program, { ...everything, dtype: "f64" });
}
