/** The parts of the shell, in the order in which they stand in a module. */

/** What every module has. */
export const baseParts = [
  "check",
  "roles",
  "tensors",
  "capacity",
  "core",
  "random",
  "params",
  "sequence",
  "block",
  "stream",
  "instantiate",
] as const;

/** What modules have that need it. */
export const optionalParts = [
  "extents",
  "computed",
  "contexts",
  "select",
  "entries",
  "normal",
  "orthogonal",
  "starts",
  "draws",
  "settings",
  "rings",
  "limits",
  "found",
  "told",
  "rows",
  "segments",
  "gradient",
  "losses",
  "directional",
  "hessian",
  "wasm",
  "wasm-text",
  "wasm-file",
  "fallback",
] as const;

export const shellParts = [...baseParts, ...optionalParts] as const;

export type OptionalPart = (typeof optionalParts)[number];
export type ShellPart = (typeof shellParts)[number];

/** Properties of objects that never leave the shell. */
export const innerProperties = [
  "begin",
  "byName",
  "called",
  "computed",
  "computes",
  "data",
  "dims",
  "extents",
  "full",
  "guarded",
  "given",
  "high",
  "hold",
  "kept",
  "inStream",
  "isTransferable",
  "labels",
  "limit",
  "low",
  "newCall",
  "places",
  "ragged",
  "readCall",
  "refresh",
  "tensors",
  "fewest",
  "streamAt",
  "told",
] as const;

/** What the text of a module asks the shell for. */
export const namesInModules: ReadonlySet<string> = new Set([
  "wasmInstances",
  "fromText",
  "fromFile",
  "withFallback",
  "readExtent",
  "createComputed",
  "createContexts",
  "createSelect",
  "createEntries",
  "normalStream",
  "orthogonalize",
  "createStarts",
  "createDraws",
  "createSettings",
  "createRings",
  "createLimits",
  "createFound",
  "createTold",
  "createRows",
  "createSegments",
  "gradient",
  "losses",
  "jvp",
  "hvp",
]);
