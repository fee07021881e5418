/** Checks a manifest that came from a file: every field, its type and its range, before anything relies on it. */
import { ModuleError } from "../base/errors.js";
import { describe, type Fields } from "../base/options.js";
import { initializerKinds } from "./initializers.js";
import { partsOfLoss } from "./loss-parts.js";
import type { AxisEntry, Initializer, InputEntry, Manifest, SizeEntry } from "./manifest.js";
import { manifestOfPart } from "./part-manifest.js";

type FieldCheck = (value: unknown, path: string) => void;

function corrupt(path: string, expected: string, value: unknown): never {
  throw new ModuleError("corrupt-manifest", `manifest.${path} must be ${expected}, got ${describe(value)}`);
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const text: FieldCheck = (value, path) => {
  if (typeof value !== "string") corrupt(path, "a string", value);
};
const name: FieldCheck = (value, path) => {
  if (typeof value !== "string" || value === "") corrupt(path, "a name", value);
};
const finite: FieldCheck = (value, path) => {
  if (typeof value !== "number" || !Number.isFinite(value)) corrupt(path, "a number", value);
};
const size: FieldCheck = (value, path) => {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) corrupt(path, "a size", value);
};
const flag: FieldCheck = (value, path) => {
  if (typeof value !== "boolean") corrupt(path, "true or false", value);
};
const sizeOrName: FieldCheck = (value, path) => (typeof value === "string" ? name(value, path) : size(value, path));

const oneOf =
  (...allowed: readonly string[]): FieldCheck =>
  (value, path) => {
    if (typeof value !== "string" || !allowed.includes(value)) corrupt(path, `one of ${allowed.join(", ")}`, value);
  };
const optional =
  (check: FieldCheck): FieldCheck =>
  (value, path) => {
    if (value !== undefined) check(value, path);
  };
const listOf =
  (check: FieldCheck): FieldCheck =>
  (value, path) => {
    if (!Array.isArray(value)) corrupt(path, "a list", value);
    // By positions, as `forEach` passes over places that nothing was put in.
    for (let i = 0; i < value.length; i++) check(value[i], `${path}[${i}]`);
  };
const recordOf =
  (check: FieldCheck): FieldCheck =>
  (value, path) => {
    if (!isFields(value)) corrupt(path, "an object", value);
    for (const [key, item] of Object.entries(value)) check(item, `${path}.${key}`);
  };
const fields =
  (checks: Readonly<Record<string, FieldCheck>>): FieldCheck =>
  (value, path) => {
    if (!isFields(value)) corrupt(path, "an object", value);
    for (const [key, check] of Object.entries(checks)) check(value[key], path === "" ? key : `${path}.${key}`);
  };
/** A list of tensors, no two of one name. */
const tensors =
  (extra: Readonly<Record<string, FieldCheck>> = {}): FieldCheck =>
  (value, path) => {
    listOf(fields({ name, documentation: text, axes: listOf(name), shape: listOf(sizeOrName), ...extra }))(value, path);
    const seen = new Set<string>();
    for (const entry of value as readonly { name: string }[]) {
      if (seen.has(entry.name)) corrupt(path, "a list of different tensors", entry.name);
      seen.add(entry.name);
    }
  };

/** `[2, "T"]` */
const term: FieldCheck = (value, path) => {
  listOf((item, own) => (own === `${path}[0]` ? finite : name)(item, own))(value, path);
  if ((value as readonly unknown[]).length === 0) corrupt(path, "a number and names of axes", value);
};
const expression = fields({ dividend: listOf(term), divisor: term, floor: optional(flag) });
const conditions = listOf(
  fields({ kind: oneOf("whole", "least", "equal"), size: expression, text, equation: optional(name) }),
);

/** The examples first, then others of different names, at most one of them given as steps. */
const axes: FieldCheck = (value, path) => {
  listOf(
    fields({
      name,
      kind: oneOf("batch", "sequence", "dimension", "computed"),
      option: oneOf("batch", "steps", "sizes", "none"),
      minimum: optional(size),
      size: optional(expression),
      largest: optional(flag),
      found: optional(flag),
    }),
  )(value, path);
  const list = value as readonly AxisEntry[];
  const isFirst = ({ kind, option, minimum }: AxisEntry): boolean =>
    kind === "batch" && option === "batch" && minimum === undefined;
  const [first, ...others] = list;
  if (first === undefined || !isFirst(first)) corrupt(`${path}[0]`, "the axis of the examples", first);
  const found = new Set([first.name]);
  for (const [i, axis] of others.entries()) {
    const isOther = axis.option !== "batch" && axis.kind !== "batch" && !found.has(axis.name);
    const isSecondSteps = axis.option === "steps" && others.findIndex(({ option }) => option === "steps") < i;
    if (!isOther || isSecondSteps) corrupt(`${path}[${i + 1}]`, "a further axis", axis.name);
    checkComputed(axis, found, `${path}[${i + 1}]`);
    found.add(axis.name);
  }
};

/** A computed axis has a size over axes before it, and nothing that others have. */
function checkComputed(axis: AxisEntry, before: ReadonlySet<string>, path: string): void {
  const { kind, option, minimum, size: own, largest, found } = axis;
  const isComputed = kind === "computed";
  if (isComputed !== (option === "none")) corrupt(`${path}.option`, `that of a ${kind}`, option);
  if (isComputed !== (own !== undefined)) corrupt(`${path}.size`, `that of a ${kind}`, own);
  const isFixed = isComputed || option === "steps";
  if ((isFixed && minimum !== undefined) || (!isComputed && (largest ?? found) !== undefined))
    corrupt(path, `an axis of kind ${kind}`, axis);
  if (own !== undefined) checkNames(own, before, `${path}.size`);
}

function checkNames({ dividend, divisor }: SizeEntry, known: ReadonlySet<string>, path: string): void {
  for (const [, ...names] of [...dividend, divisor])
    for (const own of names) if (!known.has(own)) corrupt(path, "a size over axes before it", own);
}

type TensorList = "inputs" | "contexts" | "states" | "params" | "fixed" | "random" | "settings" | "outputs";

/** Tensors have axes and sizes that the manifest has, each axis once, and those of their kind. */
function checkAxesOfTensors({ axes, ...manifest }: Manifest, path: string): void {
  // Earlier builds call what a network streams along a dimension.
  const kinds = new Map(axes.map(({ name: own, kind }) => [own, own === manifest.stream ? "sequence" : kind]));
  for (const role of Object.keys(axesOfRole) as TensorList[]) {
    for (const [i, entry] of (manifest[role] ?? []).entries()) {
      for (const part of ["axes", "shape"] as const) {
        for (const [k, size] of entry[part].entries()) {
          const isKnown = typeof size === "number" || kinds.has(size);
          if (!isKnown) corrupt(`${path}${role}[${i}].${part}[${k}]`, `one of ${[...kinds.keys()].join(", ")}`, size);
        }
      }
      const { bound = 1 } = entry as Partial<InputEntry>;
      if (typeof bound === "string" && !kinds.has(bound)) corrupt(`${path}${role}[${i}].bound`, `one of ${[...kinds.keys()].join(", ")}`, bound); // prettier-ignore
      const misplaced = entry.axes.findIndex((_, k) => !mayStand(role, entry.axes, k, kinds));
      if (misplaced >= 0) corrupt(`${path}${role}[${i}].axes[${misplaced}]`, `an axis that ${role} have here`, entry.axes[misplaced]); // prettier-ignore
    }
  }
}

/** The axis of examples comes first; what all examples share of outputs may run over a sequence without it. */
function mayStand(role: TensorList, axes: readonly string[], k: number, kinds: ReadonlyMap<string, string>): boolean {
  const kind = kinds.get(axes[k]!)!;
  if (k === 0 && kind === "sequence") return role === "outputs";
  return axesOfRole[role].includes(kind) && axes.indexOf(axes[k]!) === k && (kind === "batch") === (k === 0);
}

/** Kinds of axes that the tensors of a role may run over, that of the examples first. */
const axesOfRole: Readonly<Record<TensorList, readonly string[]>> = {
  inputs: ["batch", "sequence"],
  contexts: ["batch"],
  states: ["batch"],
  params: [],
  fixed: [],
  random: ["batch", "sequence"],
  settings: ["batch"],
  outputs: ["batch", "sequence"],
};

const initializerFields = {
  kind: oneOf(...Object.keys(initializerKinds)),
  law: optional(oneOf("uniform", "normal")),
  fans: optional(size),
};
const initializer: FieldCheck = (value, path) => {
  fields(initializerFields)(value, path);
  const given = value as Fields & Pick<Initializer, "kind">;
  const { numbers = [], mean } = initializerKinds[given.kind];
  if (given["kind"] === "computed") optional(flag)(given["random"], `${path}.random`);
  for (const name of numbers) finite(given[name], `${path}.${name}`);
  if (mean) optional(finite)(given["mean"], `${path}.mean`);
};

/** With those by inputs, without them, or none. */
const gradientFlag: FieldCheck = (value, path) => {
  if (value !== "params") flag(value, path);
};

const requires = optional(conditions);
/** What the whole and its parts have for themselves. */
const callable = {
  requires,
  inputs: tensors({ dtype: oneOf("real", "index"), bound: optional(sizeOrName), forLosses: optional(flag) }),
  contexts: tensors({ dtype: optional(oneOf("real", "index")), bound: optional(sizeOrName) }),
  states: tensors({
    dtype: optional(oneOf("real", "index")),
    bound: optional(sizeOrName),
    forLosses: optional(flag),
    initial: oneOf("zeros", "computed"),
  }),
  random: optional(
    tensors({ law: oneOf("uniform", "normal"), training: flag, initial: flag, counter: optional(name) }),
  ),
  settings: optional(tensors({ otherwise: finite })),
  outputs: tensors(),
  stream: optional(name),
};

const checkFields = fields({
  compiler: text,
  cell: name,
  documentation: text,
  target: oneOf("js", "wasm", "auto"),
  dtype: oneOf("f32", "f64"),
  dimensions: recordOf(size),
  axes,
  ...callable,
  params: tensors({ initializer, rows: optional(listOf(sizeOrName)) }),
  fixed: optional(tensors({ initializer })),
  draws: optional(tensors({ initializer, heads: size })),
  startRounds: optional(size),
  losses: optional(listOf(name)),
  program: optional(name),
  cuts: optional(listOf(fields({ axis: name, states: optional(listOf(name)), obstacle: optional(name) }))),
  entries: optional(
    listOf(fields({ name, documentation: text, axes: listOf(name), given: listOf(name), ...callable })),
  ),
  wasmFile: optional(flag),
  has: fields({
    step: flag,
    gradient: gradientFlag,
    jvp: flag,
    hvp: flag,
    segments: optional(fields({ axis: name, totals: listOf(name) })),
  }),
  declaredDerivatives: optional(listOf(name)),
  gradientAsDeclared: optional(listOf(name)),
});

/** Sizes, and the axis of streams. */
function checkCallable(manifest: Manifest, path: string): void {
  checkAxesOfTensors(manifest, path);
  const known = new Set(manifest.axes.map((axis) => axis.name));
  for (const [i, { size: own }] of (manifest.requires ?? []).entries())
    checkNames(own, known, `${path}requires[${i}].size`);
  const { stream } = manifest;
  const isStream = manifest.axes.some((axis) => axis.name === stream && axis.option === "sizes");
  if (stream !== undefined && !(manifest.has.step && isStream))
    corrupt(`${path}stream`, "an axis that calls give by name, of a module that streams", stream);
}

/** Parts have axes of the module, and are given inputs and contexts of theirs. */
function checkParts(manifest: Manifest): void {
  const known = new Set(manifest.axes.map((axis) => axis.name));
  const seen = new Set<string>();
  for (const [i, part] of (manifest.entries ?? []).entries()) {
    const path = `entries[${i}].`;
    if (seen.has(part.name)) corrupt("entries", "a list of different entries", part.name);
    seen.add(part.name);
    const unknown = part.axes.find((axis) => !known.has(axis));
    if (unknown !== undefined) corrupt(`${path}axes`, "a list of axes of the module", unknown);
    const inputs = new Set([...part.inputs, ...part.contexts].map((tensor) => tensor.name));
    const missing = part.given.find((own) => !inputs.has(own));
    if (missing !== undefined) corrupt(`${path}given`, "a list of inputs and contexts of the entry", missing);
    checkCallable(manifestOfPart(manifest, part), path);
  }
}

/**
 * The value as a manifest.
 *
 * @throws ModuleError `not-a-cell` for anything that is not a manifest of ours, `unknown-version` for one of a newer
 *   format, `corrupt-manifest`, naming the field, for one that is damaged.
 */
export function checkManifest(value: unknown): Manifest {
  if (!isFields(value) || value["format"] !== "recell-module") {
    throw new ModuleError("not-a-cell", 'this is no compiled cell: it has no manifest with format "recell-module"');
  }
  const { version } = value;
  if (version !== 2) {
    const help = version === 1 ? ": compile the cell again with this recell" : "";
    throw new ModuleError(
      "unknown-version",
      `this compiled cell has format version ${describe(version)}; this runtime knows version 2${help}`,
    );
  }
  checkFields(value, "");
  const manifest = value as unknown as Manifest;
  checkCallable(manifest, "");
  checkParts(manifest);
  const outputs = new Set(manifest.outputs.map((output) => output.name));
  for (const [i, loss] of (manifest.losses ?? []).entries()) {
    const missing = partsOfLoss(loss).find((part) => !outputs.has(part));
    if (missing !== undefined) corrupt(`losses[${i}]`, `a loss with the output ${missing}`, loss);
  }
  checkCuts(manifest);
  const { gradient, hvp, segments } = manifest.has;
  if (hvp && gradient !== true) corrupt("has.gradient", "true, as it has hvp", gradient);
  const isGiven = manifest.axes.some(
    (axis) => axis.name === segments?.axis && ["steps", "sizes"].includes(axis.option),
  );
  if (segments !== undefined && !(gradient !== false && isGiven))
    corrupt("has.segments", "an axis that calls give, of a module with a gradient", segments.axis);
  return manifest;
}

/** Axes that calls give by name, with states that there are, or with what is in the way. */
function checkCuts({ cuts = [], axes: all, states }: Manifest): void {
  for (const [i, { axis, states: own, obstacle }] of cuts.entries()) {
    if (!all.some((entry) => entry.name === axis && entry.option === "sizes"))
      corrupt(`cuts[${i}].axis`, "an axis that calls give by name", axis);
    if ((own === undefined) === (obstacle === undefined)) corrupt(`cuts[${i}]`, "states or an obstacle", own);
    for (const state of own ?? [])
      if (!states.some((entry) => entry.name === state)) corrupt(`cuts[${i}].states`, "states of the module", state);
  }
}
