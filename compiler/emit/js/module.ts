/** The text of a JavaScript module: header, manifest, kernels, and the shell around them. */
import type { Manifest, TensorEntry } from "../../../runtime/module/manifest.js";
import { type ShellPart, shellParts } from "../shell/parts.js";
import { shell } from "../shell/shell.generated.js";
import { blockComment, printData } from "./literal.js";

/**
 * @param kernels JavaScript that declares `createKernels(capacity)` and `workspaceBytes(capacity)`.
 * @returns A standalone module with the exports `manifest`, `instantiate` and `instantiateAsync`. The same arguments
 *   give the same text.
 */
export function printModule(manifest: Manifest, kernels: string): string {
  const { parts, options } = partsOf(manifest);
  return [
    blockComment(header(manifest)),
    `export const manifest = ${printData(manifest)};`,
    kernels.trim(),
    "// The interface around the kernels: it checks what comes in and hands out views of the module's memory. The names",
    "// in it are its own.",
    `const createInstance = (() => {\n${parts.map((part) => shell[part]).join("\n\n")}`,
    [
      "return (manifest, createKernels, workspaceBytes, options) =>",
      `  createInstance(manifest, createKernels, workspaceBytes, ${options}, options);`,
      "})();",
    ].join("\n"),
    [
      "/** One set of parameters, states and memory for calls of up to `batch` examples and `steps` steps. */",
      "export function instantiate(options = {}) {",
      "  return createInstance(manifest, createKernels, workspaceBytes, options);",
      "}",
    ].join("\n"),
    [
      "/** The same for code that should not care how a module starts. */",
      "export async function instantiateAsync(options = {}) {",
      "  return instantiate(options);",
      "}",
    ].join("\n"),
    "",
  ].join("\n\n");
}

/** The parts of the shell that this module needs, and the argument that tells the instance about the optional ones. */
function partsOf({ has, params, runtimeDimensions }: Manifest): { parts: ShellPart[]; options: string } {
  const kinds = new Set(params.map(({ initializer }) => initializer.kind));
  /** Optional parts, and the function of each that the others ask for. */
  const optional: Partial<Record<ShellPart, { readonly wanted: boolean; readonly name?: string }>> = {
    extents: { wanted: runtimeDimensions.length > 0, name: "readExtent" },
    normal: {
      wanted: (["normal", "glorot_normal", "he_normal", "orthogonal"] as const).some((kind) => kinds.has(kind)),
      name: "normalStream",
    },
    orthogonal: { wanted: kinds.has("orthogonal"), name: "orthogonalize" },
    gradient: { wanted: has.gradient || has.hvp, name: "gradient" },
    directional: { wanted: has.jvp || has.hvp, ...(has.jvp ? { name: "jvp" } : {}) },
    hessian: { wanted: has.hvp, name: "hvp" },
  };
  const parts = shellParts.filter((part) => optional[part]?.wanted ?? true);
  const functions = parts.flatMap((part) => optional[part]?.name ?? []);
  return { parts, options: functions.length === 0 ? "{}" : `{ ${functions.join(", ")} }` };
}

/** What a reader wants to know first: which cell, which sizes, what goes in and comes out. */
function header(manifest: Manifest): string[] {
  const { has } = manifest;
  const extras = [has.gradient && "backward", has.jvp && "jvp", has.hvp && "hvp"].filter((extra) => extra !== false);
  const sizes = Object.entries(manifest.dimensions).map(([name, size]) => `${name} = ${size}`);
  const list = (title: string, entries: readonly TensorEntry[], leading: readonly string[]): string[] =>
    entries.length === 0
      ? []
      : [`${title}: ${entries.map(({ name, shape }) => `${name} [${[...leading, ...shape].join(", ")}]`).join(", ")}`];
  return [
    `${manifest.cell}${sizes.length === 0 ? "" : ` with ${sizes.join(", ")}`}, ${manifest.dtype}.`,
    `Compiled by recell ${manifest.compiler} to plain JavaScript: no imports, no eval.`,
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
