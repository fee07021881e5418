/** `recell explain --memory`: how the gradient of a long sequence is computed in so much memory. */
import { compile } from "../driver/compile.js";
import { buildEntries, type EntryOptions } from "../driver/entries.js";
import { evaluateDim, type Dim } from "../base/types/dim.js";
import { findSegments } from "../program/segments/find-segments.js";
import type { Program } from "../program/program.js";
import { explainProgram } from "../tools/explain/explain.js";
import { CallRangeError } from "../../runtime/base/errors.js";
import { leastSizes } from "../../runtime/module/axes.js";
import { loadModule } from "../../runtime/module/load-js.js";
import type { Manifest } from "../../runtime/module/manifest.js";
import { planSegments, type SegmentsPlan, type SegmentsRoom } from "../../runtime/sequence/plan-segments.js";
import { dtypeOption, integerOption, type ParsedArguments, UsageError } from "./arguments.js";
import { exitCodes, type ExitCode } from "./command.js";
import { type Input, showFindings } from "./sources.js";
import type { Terminal } from "./terminal.js";

/** Bytes of each unit: powers of 10, or of 2 where it says so. */
const units: Readonly<Record<string, number>> = { "": 1, B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }; // prettier-ignore

/** @throws UsageError */
export function readMemory(text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/u.exec(text) ?? [];
  const bytes = Number(number) * (units[unit] ?? NaN);
  if (bytes >= 1) return Math.floor(bytes);
  throw new UsageError(`--memory is a number of bytes such as 64MB or 1.5GiB, got ${JSON.stringify(text)}`);
}

/** A plan, and what it costs beside the whole. */
interface Explained extends SegmentsPlan {
  readonly count: number;
  /** Bytes of an instance for all steps. */
  readonly whole: number;
  /** Operations, as many times as those of the whole. */
  readonly factor: number;
}

/** @param memory as it was given */
export async function explainMemory(
  memory: string,
  { file, text, readFile }: Input,
  { program, options }: { readonly program: Program; readonly options: EntryOptions },
  args: ParsedArguments,
  terminal: Terminal,
): Promise<ExitCode> {
  const budget = readMemory(memory);
  const steps = integerOption("steps", args.text("steps"), 1_000_000, 1);
  const batch = integerOption("batch", args.text("batch"), 1, 1);
  const { gradient, jvp, hvp } = options;
  const sized = { cell: program.name, dimensions: Object.fromEntries(program.dimensions), dtype: dtypeOption(args) };
  const result = compile(text, { file, readFile, ...sized, gradient, jvp, hvp, segments: true });
  if (result.manifest === undefined) {
    showFindings(result, terminal);
    return exitCodes.failed;
  }
  const module = await loadModule(result.files[0].text);
  const room = roomOf(result.manifest, steps, batch);
  let found: Explained;
  try {
    found = explained(program, options, room, (most) => planSegments(module, room, most, file), budget);
  } catch (error) {
    if (!(error instanceof CallRangeError)) throw error;
    terminal.error(`recell: ${error.message}\n`);
    return exitCodes.failed;
  }
  terminal.out(args.flag("json") === true ? `${JSON.stringify({ cell: program.name, steps, batch, ...found }, null, 2)}\n` : printed(program.name, room, memory, found)); // prettier-ignore
  return exitCodes.ok;
}

function roomOf(manifest: Manifest, steps: number, batch: number): SegmentsRoom {
  const { axis } = manifest.has.segments ?? { axis: "" };
  const sizes = Object.fromEntries(Object.entries(leastSizes(manifest)).filter(([name]) => name !== axis));
  return { axis, steps, batch, sizes, more: {} };
}

function explained(
  program: Program,
  options: EntryOptions,
  room: SegmentsRoom,
  plan: (maxBytes: number) => SegmentsPlan,
  budget: number,
): Explained {
  const { segment, bytes } = plan(budget);
  const count = Math.ceil(room.steps / segment);
  const { bytes: whole } = plan(Number.MAX_SAFE_INTEGER);
  const operations = operationsOf(program, options, room);
  const forward = operations("forward");
  const share = forward / (forward + operations("backward"));
  return { segment, bytes, count, whole, factor: 1 + (share * (count - 1)) / count };
}

/** Of a step of an entry. */
function operationsOf(program: Program, options: EntryOptions, { sizes }: SegmentsRoom): (entry: string) => number {
  const found = findSegments(program);
  const one = "symbol" in found ? [[found.symbol, 1] as const] : [];
  const known = new Map([...program.dimensions, ...Object.entries(sizes), ...one]);
  const value = (dim: Dim): number => evaluateDim(dim, known);
  const reports = explainProgram(buildEntries(program, options));
  return (entry) => {
    const { regions = [] } = reports.find((own) => own.entry === entry) ?? {};
    const parts = regions.filter(({ region }) => region !== "once");
    return parts.reduce((sum, part) => sum + value(part.productOperations) + value(part.elementOperations), 0);
  };
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
const whole = (count: number): string => count.toLocaleString("en");

function printed(cell: string, { steps, batch }: SegmentsRoom, memory: string, found: Explained): string {
  const { segment, count, bytes, factor } = found;
  const examples = batch === 1 ? "" : ` of ${whole(batch)} examples`;
  const segments = count === 1 ? "one segment, of all steps" : `${whole(count)} segments of ${whole(segment)} steps`;
  return [
    `${cell}, the gradient of ${whole(steps)} steps${examples} in ${memory}`,
    "",
    `  segments  ${segments}`,
    `  memory    ${megabytes(bytes)}, where the whole takes ${megabytes(found.whole)}; sequences that the caller has come on top`,
    `  time      ${count === 1 ? "nothing is computed twice" : `${whole(count - 1)} of them run forwards twice: ${factor.toFixed(2)} times the operations of the whole`}`,
    "",
  ].join("\n");
}
