/** Which networks of a source stream, and what the others look ahead at: for all sizes at once. */
import type { SourceOptions } from "./compile-options.js";
import { addStandard, checkSource, type Findings, parseSource } from "./check-source.js";
import { DiagnosticCollector } from "../base/diagnostics/diagnostic.js";
import { anyTarget } from "../passes/any-target.js";
import { innerGradient } from "../passes/autodiff/inner-gradient.js";
import { lowerNamed } from "../program/lowering/ast-to-graph.js";
import type { StreamObstacle } from "../program/sequences/find-stream.js";
import { checkStream } from "../program/check-stream.js";
import type { LoweredNetwork } from "../program/base/lowered-cell.js";
import type { TypedProgram } from "../language/semantics/typed-program.js";
import { searchNetwork } from "../program/network-program.js";

export interface NetworkStream {
  readonly network: string;
  /** Of a part that is called by itself; left out of the whole. */
  readonly entry?: string;
  /** The dimension along which it streams. */
  readonly stream?: string;
  /** What is in the way. Neither is there for a network that has losses alone, or that cannot be written out without sizes. */
  readonly obstacle?: StreamObstacle;
}

/**
 * Of all sizes at once, or of small ones where rounds go by them; undefined where it takes sizes to know what it is, or where it is no
 * program at any size, which is reported.
 */
function lowered(program: TypedProgram, name: string, collector?: DiagnosticCollector): LoweredNetwork | undefined {
  const given = { dimensions: new Map<string, number>(), assumeSizes: true, mostWrittenOut: anyTarget.mostWrittenOut };
  const found = new DiagnosticCollector();
  const made = lowerNamed(program, name, given, innerGradient, found);
  collector?.diagnostics.push(...found.diagnostics.filter(({ code }) => code !== "bad-dimension-size"));
  return made === undefined || "step" in made ? undefined : made;
}

/** Reports networks that say `stream` and look ahead, and lengths that cannot be found, where a source has no other errors. */
export function checkStreams(program: TypedProgram, collector: DiagnosticCollector): void {
  if (collector.hasErrors) return;
  for (const cell of program.cells.values()) {
    const made =
      cell.stream !== undefined || cell.found.length > 0 ? lowered(program, cell.name, collector) : undefined;
    if (made !== undefined) checkStream(cell, made, collector);
  }
}

function streamOf(network: LoweredNetwork): Pick<NetworkStream, "stream" | "obstacle"> {
  const { symbol, obstacle } = searchNetwork(network);
  return { ...(symbol !== undefined && { stream: symbol }), ...(obstacle && { obstacle }) };
}

/** Of the networks, and of their entries, of a source without errors, in its order. */
export function streamsOf(source: string, options: SourceOptions): Findings & { readonly streams: NetworkStream[] } {
  const { program, collector, diagnostics, sources } = checkSource(parseSource(source, options));
  const networks = collector.hasErrors ? [] : [...program.cells.values()].filter(({ form }) => form === "network");
  const streams = networks.flatMap(({ name }): NetworkStream[] => {
    const made = lowered(program, name);
    if (made === undefined) return [{ network: name }];
    const parts = (made.parts ?? []).map((part) => ({ network: name, entry: part.name, ...streamOf(part.network) }));
    return [{ network: name, ...streamOf(made) }, ...parts];
  });
  for (const { obstacle } of streams) addStandard(sources, obstacle?.span?.file ?? "");
  return { streams, diagnostics, sources };
}
