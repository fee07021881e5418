/** The text of a module with WebAssembly kernels: header, manifest, kernels or the build of their files, and the shell. */
import type { Manifest } from "../../../../runtime/module/manifest.js";
import { digestOf } from "../../digest.js";
import { blockComment, printData, printString } from "../../text/literal.js";
import { exportedFunctions, partsOf, type SourcePart, titleLines } from "../../module-text.js";
import { smallShell } from "../../shell/shell.generated.js";
import { addMark } from "./build-mark.js";
import { printable } from "./printable-bytes.js";

export interface WasmKernels {
  /** JavaScript that declares `planMemory(capacity)`. */
  readonly plan: string;
  readonly bytes: Uint8Array;
  /** The same kernels with fused multiply-add, for hosts that have it. */
  readonly fused?: Uint8Array;
  /** Whether they keep delay lines as rings. */
  readonly rings?: boolean;
}

/** A file beside the module. */
export interface WasmFile {
  readonly variant: "wasm" | "wasm-fma";
  readonly bytes: Uint8Array;
}

/** A module whose kernels are in its text. */
export function printWasmModule(manifest: Manifest, { plan, bytes, fused, rings = false }: WasmKernels): string {
  const literal = (kernels: Uint8Array): string => printString(printable(kernels));
  const kernels =
    fused === undefined
      ? [`const kernels = ${literal(bytes)};`]
      : [variantExport, `const kernels = {\n  wasm: ${literal(bytes)},\n  "wasm-fma": ${literal(fused)},\n}[variant];`];
  const source = fused === undefined ? 'fromText(kernels, "wasm")' : "fromText(kernels, variant)";
  return print(manifest, { plan, rings }, kernels, "wasm-text", source);
}

/** A module that takes its kernels from the caller, the files with them, and what both call the build that they are of. */
export function printWasmLoader(
  manifest: Manifest,
  kernels: WasmKernels,
): { readonly text: string; readonly files: readonly WasmFile[]; readonly build: string } {
  // The module names its build, so the build is named after what the module is without that.
  const build = digestOf(printLoaderOf("", manifest, kernels).text);
  return { ...printLoaderOf(build, manifest, kernels), build };
}

function printLoaderOf(build: string, manifest: Manifest, { plan, bytes, fused, rings = false }: WasmKernels) {
  const file = (variant: WasmFile["variant"], raw: Uint8Array): WasmFile => {
    return { variant, bytes: addMark(raw, `${build} ${variant}`) };
  };
  const files = [file("wasm", bytes), ...(fused === undefined ? [] : [file("wasm-fma", fused)])];
  const digests = files.map((each) => `  ${printString(each.variant)}: ${printString(digestOf(each.bytes))},\n`);
  const declared = [
    ...(fused === undefined ? [] : [variantExport]),
    [
      "// The build of this module, which the files with its kernels name too, and their digests.",
      `const build = ${printString(build)};`,
      `const files = {\n${digests.join("")}};`,
    ].join("\n"),
  ];
  return { text: print(manifest, { plan, rings }, declared, "wasm-file", "fromFile(build, files)"), files };
}

/** A module with both kinds of kernels; `js` declares `createKernels(capacity)` and `workspaceBytes(capacity)`. */
export function printAutoModule(manifest: Manifest, { plan, bytes, rings = false }: WasmKernels, js: string): string {
  const declared = [
    `const kernels = ${printString(printable(bytes))};`,
    [
      "// The same kernels for hosts without WebAssembly.",
      "const plain = (() => {",
      js.trim(),
      "return { createKernels, workspaceBytes };",
      "})();",
    ].join("\n"),
  ];
  return print(manifest, { plan, rings }, declared, "wasm-text", 'fromText(kernels, "wasm")');
}

/**
 * The probe is a module with one function of one instruction, `f32x4.relaxed_madd`; f64 has the same instruction
 * wherever f32 has.
 */
const variantExport = [
  '/** Which kernels this host runs: `"wasm-fma"`, with fused multiply-add (relaxed SIMD), or `"wasm"`. */',
  "export const variant =",
  '  typeof WebAssembly === "object" &&',
  "  WebAssembly.validate(",
  "    new Uint8Array([",
  "      0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32, 0, 32, 0, 253, 133,",
  "      2, 11,",
  "    ]),",
  "  )",
  '    ? "wasm-fma"',
  '    : "wasm";',
].join("\n");

function print(
  manifest: Manifest,
  { plan, rings }: Pick<WasmKernels, "plan" | "rings">,
  kernels: readonly string[],
  sourcePart: SourcePart,
  source: string,
): string {
  const { parts, functions } = partsOf(manifest, rings, sourcePart);
  const isAuto = manifest.target === "auto";
  const options = sourcePart === "wasm-file" ? ['options: ["wasm"]'] : isAuto ? ['options: ["variant"]'] : [];
  const more = `{ ${[...functions, ...options].join(", ")} }`;
  const made = isAuto
    ? [
        `const source = ${source};`,
        `const parts = ${more};`,
        "const instances = wasmInstances(manifest, planMemory, source, parts);",
        "return withFallback(manifest, instances, source, plain, parts);",
      ]
    : [`return wasmInstances(manifest, planMemory, ${source}, ${more});`];
  return [
    blockComment(titleLines(manifest, isAuto ? "WebAssembly and to plain JavaScript" : "WebAssembly")),
    `export const manifest = ${printData(manifest)};`,
    ...kernels,
    plan.trim(),
    [
      "// Readable in recell, compiler/emit/shell.",
      "const instances = (() => {",
      ...(["base", ...parts] as const).map((part) => smallShell[part]),
      ...made,
      "})();",
    ].join("\n"),
    ...exportedFunctions("instances.instantiate", "instances.instantiateAsync"),
    "",
  ].join("\n\n");
}
