/** The text of a JavaScript module: header, manifest, kernels, and the shell around them. */
import type { Manifest } from "../../../runtime/module/manifest.js";
import { exportedFunctions, headerLines, partsOf } from "../module-text.js";
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
    blockComment(headerLines(manifest, "plain JavaScript")),
    `export const manifest = ${printData(manifest)};`,
    kernels.trim(),
    "// The interface around the kernels: it checks what comes in and hands out views of the module's memory. The names\n" +
      "// in it are its own.",
    `const createInstance = (() => {\n${parts.map((part) => shell[part]).join("\n\n")}`,
    [
      "return (manifest, createKernels, workspaceBytes, options) =>",
      `  createInstance(manifest, createKernels, workspaceBytes, { ${functions.join(", ")} }, options);`,
      "})();",
    ].join("\n"),
    ...exportedFunctions(
      "return createInstance(manifest, createKernels, workspaceBytes, options);",
      "return instantiate(options);",
    ),
    "",
  ].join("\n\n");
}
