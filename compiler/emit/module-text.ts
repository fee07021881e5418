/** What the texts of modules for all targets have in common: the header, and the shell with the parts a cell needs. */
import type { Manifest, TensorEntry } from "../../runtime/module/manifest.js";
import { type ShellPart, shellParts } from "./shell/parts.js";

/** The parts of the shell that only modules of one target have. */
export type TargetPart = Extract<ShellPart, `wasm${string}`>;

/**
 * The parts of the shell that this module needs, in their order, and functions of the optional ones that the others ask
 * for.
 */
export function partsOf(
  { has, params, runtimeDimensions }: Manifest,
  forTarget: readonly TargetPart[] = [],
): { readonly parts: readonly ShellPart[]; readonly functions: readonly string[] } {
  const kinds = new Set(params.map(({ initializer }) => initializer.kind));
  const isNormal = (["normal", "glorot_normal", "he_normal", "orthogonal"] as const).some((kind) => kinds.has(kind));
  const targetPart = (part: TargetPart) => ({ wanted: forTarget.includes(part) });
  const optional: Partial<Record<ShellPart, { readonly wanted: boolean; readonly name?: string }>> = {
    extents: { wanted: runtimeDimensions.length > 0, name: "readExtent" },
    normal: { wanted: isNormal, name: "normalStream" },
    orthogonal: { wanted: kinds.has("orthogonal"), name: "orthogonalize" },
    gradient: { wanted: has.gradient || has.hvp, name: "gradient" },
    directional: { wanted: has.jvp || has.hvp, ...(has.jvp ? { name: "jvp" } : {}) },
    hessian: { wanted: has.hvp, name: "hvp" },
    wasm: targetPart("wasm"),
    "wasm-text": targetPart("wasm-text"),
    "wasm-file": targetPart("wasm-file"),
  };
  const parts = shellParts.filter((part) => optional[part]?.wanted ?? true);
  return { parts, functions: parts.flatMap((part) => optional[part]?.name ?? []) };
}

/** What a reader wants to know first: which cell, which sizes, what goes in and comes out. */
export function headerLines(manifest: Manifest, kernels: string): string[] {
  const { has } = manifest;
  const extras = [has.gradient && "backward", has.jvp && "jvp", has.hvp && "hvp"].filter((extra) => extra !== false);
  const sizes = Object.entries(manifest.dimensions).map(([name, size]) => `${name} = ${size}`);
  const list = (title: string, entries: readonly TensorEntry[], leading: readonly string[]): string[] =>
    entries.length === 0
      ? []
      : [`${title}: ${entries.map(({ name, shape }) => `${name} [${[...leading, ...shape].join(", ")}]`).join(", ")}`];
  return [
    `${manifest.cell}${sizes.length === 0 ? "" : ` with ${sizes.join(", ")}`}, ${manifest.dtype}.`,
    `Compiled by recell ${manifest.compiler} to ${kernels}: no imports, no eval.`,
    ...(manifest.documentation === "" ? [] : ["", ...manifest.documentation.split("\n")]),
    "",
    "Tensors are row-major; B examples, T steps.",
    ...list("inputs", manifest.inputs, ["B", "T"]),
    ...list("contexts", manifest.contexts, ["B"]),
    ...list("states", manifest.states, ["B"]),
    ...list("params", manifest.params, []),
    ...list("outputs", manifest.outputs, ["B", "T"]),
    `functions: forward, step${extras.map((extra) => `, ${extra}`).join("")}`,
  ];
}

/** The exports for callers, where `instantiateAsync` is the text of its body. */
export function exportedFunctions(instantiate: string, instantiateAsync: string): string[] {
  return [
    [
      "/** One set of parameters, states and memory for calls of up to `batch` examples and `steps` steps. */",
      "export function instantiate(options = {}) {",
      `  ${instantiate}`,
      "}",
    ].join("\n"),
    [
      "/** The same behind a promise, for hosts and modules that take their time to start. */",
      "export async function instantiateAsync(options = {}) {",
      `  ${instantiateAsync}`,
      "}",
    ].join("\n"),
  ];
}
