/** The text of a JavaScript module: header, manifest, kernels, and the shell around them. */
import type { Manifest, TensorEntry } from "../../../runtime/module/manifest.js";
import { exportedFunctions, partsOf, titleLines } from "../module-text.js";
import { baseParts } from "../shell/parts.js";
import { shell } from "../shell/shell.generated.js";
import { blockComment, printData } from "./literal.js";

/**
 * @param kernels JavaScript that declares `createKernels(capacity)` and `workspaceBytes(capacity)`.
 * @returns A standalone module with the exports `manifest`, `instantiate` and `instantiateAsync`. The same arguments
 *   give the same text.
 */
export function printModule(manifest: Manifest, kernels: string): string {
  const { parts, functions } = partsOf(manifest);
  return [
    blockComment(headerLines(manifest)),
    `export const manifest = ${printData(manifest)};`,
    kernels.trim(),
    "// The interface around the kernels: it checks what comes in and hands out views of the module's memory. The names\n" +
      "// in it are its own.",
    `const createInstance = (() => {\n${[...baseParts, ...parts].map((part) => shell[part]).join("\n\n")}`,
    [
      `return (options) => createInstance(manifest, createKernels, workspaceBytes, { ${functions.join(", ")} }, options);`,
      "})();",
    ].join("\n"),
    ...exportedFunctions("createInstance", "createInstance"),
    "",
  ].join("\n\n");
}

/** What a reader wants to know first: which cell, which sizes, what goes in and comes out. */
function headerLines(manifest: Manifest): string[] {
  const { has } = manifest;
  const extras = [has.gradient && "backward", has.jvp && "jvp", has.hvp && "hvp"].filter((extra) => extra !== false);
  const list = (title: string, entries: readonly TensorEntry[], leading: readonly string[]): string[] =>
    entries.length === 0
      ? []
      : [`${title}: ${entries.map(({ name, shape }) => `${name} [${[...leading, ...shape].join(", ")}]`).join(", ")}`];
  return [
    ...titleLines(manifest, "plain JavaScript"),
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
