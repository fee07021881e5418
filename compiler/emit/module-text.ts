/** What the texts of modules for all targets have in common: the title, the parts of the shell, the exports. */
import type { Manifest } from "../../runtime/module/manifest.js";
import { type OptionalPart, optionalParts } from "./shell/parts.js";
import { namedAxes } from "../../runtime/module/axes.js";

/** Where kernels come from. */
export type SourcePart = Extract<OptionalPart, `wasm-${string}`>;

/** Parts beside the base; that of a target comes with it. */
type OptionalShellPart = Exclude<OptionalPart, "wasm">;

/** Those that change how all calls are read and run. */
const around: ReadonlySet<OptionalPart> = new Set([
  "draws",
  "settings",
  "rings",
  "limits",
  "found",
  "told",
  "rows",
  "segments",
]);

/**
 * The optional parts of the shell that this module needs, and what of theirs the others ask for.
 *
 * @param rings whether its kernels keep delay lines as rings
 */
export function partsOf(
  {
    target,
    has,
    params,
    fixed = [],
    draws = [],
    inputs,
    contexts,
    states,
    axes,
    requires = [],
    startRounds,
    losses = [],
    stream,
    random,
    settings,
    entries = [],
  }: Manifest,
  rings = false,
  source?: SourcePart,
): { readonly parts: readonly OptionalShellPart[]; readonly functions: readonly string[] } {
  const initializers = [...params, ...fixed, ...draws].map(({ initializer }) => initializer);
  const callables = [{ stream, random, settings }, ...entries]; // The whole, and its parts.
  const streams = callables.some((one) => one.stream !== undefined);
  const drawsInCalls = callables.some((one) => one.random !== undefined);
  const isBelowSizes = [{ inputs, contexts, states }, ...entries]
    .flatMap((one) => [...one.inputs, ...one.contexts, ...one.states])
    .some(({ bound }) => typeof bound === "string");
  const isLimited = [{ requires }, ...entries].some((one) => (one.requires ?? []).length > 0);
  const optional: Readonly<Record<OptionalShellPart, { readonly wanted: boolean; readonly name?: string }>> = {
    extents: { wanted: namedAxes({ axes }).length > 0, name: "readExtent" },
    computed: { wanted: axes.some(({ size }) => size !== undefined) || isLimited, name: "createComputed" },
    contexts: { wanted: (has.step && contexts.length > 0) || streams, name: "createContexts" },
    select: { wanted: streams, name: "createSelect" },
    entries: { wanted: entries.length > 0, name: "createEntries" },
    normal: { wanted: drawsInCalls || initializers.some(({ law }) => law === "normal"), name: "normalStream" },
    orthogonal: { wanted: initializers.some(({ kind }) => kind === "orthogonal"), name: "orthogonalize" },
    starts: { wanted: startRounds !== undefined, name: "createStarts" },
    draws: { wanted: drawsInCalls, name: "createDraws" },
    rings: { wanted: rings, name: "createRings" },
    settings: { wanted: callables.some((one) => one.settings !== undefined), name: "createSettings" },
    limits: { wanted: isBelowSizes, name: "createLimits" },
    found: { wanted: axes.some((axis) => axis.found === true), name: "createFound" },
    told: { wanted: axes.some(({ size }) => size !== undefined), name: "createTold" },
    rows: { wanted: params.some(({ rows }) => rows !== undefined), name: "createRows" },
    segments: { wanted: has.segments !== undefined, name: "createSegments" },
    gradient: { wanted: has.gradient !== false, name: "gradient" },
    losses: { wanted: losses.length > 0, name: "losses" },
    directional: { wanted: has.jvp || has.hvp, ...(has.jvp ? { name: "jvp" } : {}) },
    hessian: { wanted: has.hvp, name: "hvp" },
    "wasm-text": { wanted: source === "wasm-text" },
    "wasm-file": { wanted: source === "wasm-file" },
    fallback: { wanted: target === "auto" },
  };
  const parts = optionalParts.filter((part): part is OptionalShellPart => part !== "wasm" && optional[part].wanted);
  const names = (isAround: boolean): string[] => parts.flatMap((part) => (around.has(part) === isAround ? (optional[part].name ?? []) : [])); // prettier-ignore
  const changes = names(true);
  return { parts, functions: [...names(false), ...(changes.length > 0 ? [`around: [${changes.join(", ")}]`] : [])] };
}

/** Which cell with which sizes, and what became of it. */
export function titleLines(manifest: Manifest, kernels: string): string[] {
  const sizes = Object.entries(manifest.dimensions).map(([name, size]) => `${name} = ${size}`);
  return [
    `${manifest.cell}${sizes.length === 0 ? "" : ` with ${sizes.join(", ")}`}, ${manifest.dtype}.`,
    `Compiled by recell ${manifest.compiler} to ${kernels}: no imports, no eval.`,
  ];
}

/** The exports for callers, which call `instantiate` and `instantiateAsync`. */
export function exportedFunctions(instantiate: string, instantiateAsync: string): string[] {
  return [
    [
      "/** One set of parameters, states and memory for calls of up to `batch` examples and `steps` steps. */",
      "export function instantiate(options = {}) {",
      `  return ${instantiate}(options);`,
      "}",
    ].join("\n"),
    [
      "/** The same, as a promise. */",
      "export async function instantiateAsync(options = {}) {",
      `  return ${instantiateAsync}(options);`,
      "}",
    ].join("\n"),
  ];
}
