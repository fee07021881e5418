/** The text of a JavaScript module: header, manifest, kernels, and the shell around them. */
import type { Manifest, TensorEntry } from "../../../runtime/module/manifest.js";
import { exportedFunctions, partsOf, titleLines } from "../module-text.js";
import { baseParts } from "../shell/parts.js";
import { shell } from "../shell/shell.generated.js";
import { blockComment, printData } from "../text/literal.js";

/**
 * @param kernels JavaScript that declares `createKernels(capacity)` and `workspaceBytes(capacity)`.
 * @param rings whether they keep delay lines as rings
 * @returns A standalone module with the exports `manifest`, `instantiate` and `instantiateAsync`. The same arguments
 *   give the same text.
 */
export function printModule(manifest: Manifest, kernels: string, rings = false): string {
  const { parts, functions } = partsOf(manifest, rings);
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
  const extras = [has.step && "step", has.gradient !== false && "backward", has.jvp && "jvp", has.hvp && "hvp"].filter(
    (extra) => extra !== false,
  );
  const list = (title: string, entries: readonly TensorEntry[]): string[] =>
    entries.length === 0
      ? []
      : [
          `${title}: ${entries.map(({ name, axes, shape }) => `${name} [${[...axes, ...shape].join(", ")}]`).join(", ")}`,
        ];
  return [
    ...titleLines(manifest, "plain JavaScript"),
    ...(manifest.documentation === "" ? [] : ["", ...manifest.documentation.split("\n")]),
    "",
    `Tensors are row-major; ${axesInWords(manifest)}.`,
    ...list("inputs", manifest.inputs),
    ...list("contexts", manifest.contexts),
    ...list("states", manifest.states),
    ...list("params", manifest.params),
    ...list("fixed", manifest.fixed ?? []),
    ...list("outputs", manifest.outputs),
    `functions: ${["forward", ...extras].join(", ")}`,
  ];
}

/** `B examples, T steps`. */
function axesInWords({ axes }: Manifest): string {
  const words = axes.flatMap(({ name, option }) => {
    if (option === "batch") return [`${name} examples`];
    return option === "steps" ? [`${name} steps`] : [];
  });
  return words.join(", ");
}
