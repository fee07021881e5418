/** The types that a module's declarations consist of, from its manifest; `declarations.ts` prints them. */
import type { Manifest } from "../../../runtime/module/manifest.js";
import { printString } from "../text/literal.js";
import type { DeclaredMethod, DeclaredType } from "./declared.js";
import { gradientTypes } from "./declared-gradients.js";
import {
  forwardArguments,
  forwardMethod,
  method,
  selectMethod,
  sequenceTypes,
  streamMethods,
  streamTypes,
} from "./declared-calls.js";
import { lossMethods } from "./declared-losses.js";
import { partsMember, partTypes } from "./declared-parts.js";
import { inline, member, optional, propertyName, realOf, tensors } from "./members.js";
import { hasSteps, namedAxes, storedTensors, toldSizes } from "../../../runtime/module/axes.js";

/** What the manifest does not say about a module. */
export interface DeclarationOptions {
  /** It takes its kernels from the caller. */
  readonly wasmFile?: boolean;
  /** It has a variant with fused multiply-add. */
  readonly fma?: boolean;
}

/** In the order of the file. */
export function declaredTypes(manifest: Manifest, options: DeclarationOptions): DeclaredType[] {
  const { has } = manifest;
  return [
    ...arrayTypes(manifest),
    ...sequenceTypes(manifest),
    ...(has.gradient === false ? [] : gradientTypes(manifest)),
    ...(has.jvp || has.hvp ? [tangentsType(manifest)] : []),
    ...(has.step ? streamTypes(manifest) : []),
    ...partTypes(manifest),
    instanceType(manifest, options),
    optionsType(manifest, options),
  ];
}

/** `instantiate` may be called without options where all of them have defaults. */
export const optionsAreOptional = (manifest: Manifest, { wasmFile = false }: DeclarationOptions): boolean =>
  namedAxes(manifest).length === 0 && !wasmFile;

/** The type of which kernels run. */
export const variantType = (manifest: Manifest, { fma = false }: DeclarationOptions): string =>
  fma ? '"wasm" | "wasm-fma"' : manifest.target === "auto" ? '"wasm" | "js"' : printString(manifest.target);

function arrayTypes(manifest: Manifest): DeclaredType[] {
  const array = manifest.dtype === "f32" ? "Float32Array" : "Float64Array";
  const indices: DeclaredType = {
    name: "Indices",
    docs: "Integers that calls take; in arrays of floats, too.",
    type: "Float32Array | Float64Array | Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array | readonly number[]",
  };
  return [
    {
      name: "Values",
      docs: "A tensor in the module's memory, row-major. Results hold until the next call of the same function.",
      type: array,
    },
    {
      name: "Reals",
      docs: "Tensors that calls take, row-major. They are copied.",
      type: "Float32Array | Float64Array | readonly number[]",
    },
    indices,
  ];
}

function tangentsType(manifest: Manifest): DeclaredType {
  const given = { type: "Reals", optional: true };
  const realInputs = manifest.inputs.filter((input) => input.dtype === "real");
  return {
    name: "Tangents",
    docs: "A direction: the derivative of everything that goes in; zero where left out.",
    type: {
      members: [
        ...tensors(realInputs, given),
        ...tensors(realOf(manifest.contexts), given),
        ...tensors(realOf(manifest.states), given),
        member(
          "params",
          inline(tensors(manifest.params, given)),
          "Of parameters, each in its declared shape.",
          optional,
        ),
      ],
    },
  };
}

const initOptions = ["options", "{ readonly fixed?: boolean }", true] as const;

function instanceType(manifest: Manifest, options: DeclarationOptions): DeclaredType {
  return {
    name: "Instance",
    docs: "One set of parameters, states and buffers. Wrong arguments throw a `TypeError` or a `RangeError` and change nothing.",
    type: {
      members: [
        member("variant", variantType(manifest, options), "Which kernels it runs."),
        member("params", "Params", ""),
        ...(manifest.fixed === undefined ? [] : [member("fixed", "Fixed", "")]),
        ...partsMember(manifest),
      ],
      methods: [
        ...parameterMethods(manifest),
        forwardMethod,
        ...(manifest.has.step ? streamMethods : []),
        ...(manifest.stream === undefined ? [] : [selectMethod]),
        ...derivativeMethods(manifest),
      ],
    },
  };
}

function parameterMethods(manifest: Manifest): DeclaredMethod[] {
  return [
    method(
      "init",
      [["seed", "number", false], ...(manifest.fixed === undefined ? [] : [initOptions])],
      "void",
      "Sets every parameter by its declared initialiser. The same seed gives the same values, on every host. In a new instance those that are declared without random numbers have their values already, the others are 0.",
    ),
    method(
      "setParams",
      [["values", inline(tensors(storedTensors(manifest), { type: "Reals", optional: true })), false]],
      "void",
      "Copies values into the parameters that are named, all or, where one is wrong, none. No array is handed out: where none ever was, calls need not look for changes.",
    ),
    method(
      "freeze",
      [],
      "void",
      "Promises that nobody writes into arrays of `params`, so that calls need not look for changes: until one is read again.",
    ),
  ];
}

function derivativeMethods(manifest: Manifest): DeclaredMethod[] {
  const { has, losses = [] } = manifest;
  const changes = toldSizes(manifest).length === 0 ? "ForwardResult" : 'Omit<ForwardResult, "sizes">';
  const directions = [forwardArguments, ["tangents", "Tangents", false]] as const;
  const cotangents = ["cotangents", "Cotangents", true] as const;
  const backward =
    has.segments === undefined
      ? method("backward", [cotangents], "Gradient", "Differentiates the last `forward`.")
      : method("backward", [cotangents, ["options", "{ readonly continues?: boolean }", true]], "Gradient", "Differentiates the last `forward`. With `continues` its sums go on with those of the `backward` before it, which was of the steps that follow."); // prettier-ignore
  const jvp = method("jvp", directions, changes, "The derivative of `forward`'s result in a direction.");
  const hvp = method(
    "hvp",
    [...directions, cotangents, ["cotangentTangents", "Cotangents", true]],
    "Gradient",
    "The derivative of `backward`'s result in a direction.",
  );
  const ofLosses = has.gradient === false ? [] : lossMethods(losses, forwardArguments);
  return [
    ...(has.gradient === false ? [] : [backward]),
    ...ofLosses,
    ...(has.jvp ? [jvp] : []),
    ...(has.hvp ? [hvp] : []),
  ];
}

function optionsType(manifest: Manifest, { wasmFile = false }: DeclarationOptions): DeclaredType {
  const sizes = namedAxes(manifest).map((name) => member(name, "number", ""));
  const wasm = member(
    "wasm",
    "object",
    "The file with this module's kernels: a `WebAssembly.Module` or the bytes; for `instantiateAsync` also a response or " +
      "a promise, as `fetch` gives it.",
  );
  const variant = member(
    "variant",
    variantType(manifest, {}),
    "Which kernels to run; where left out, WebAssembly where the host compiles it, and JavaScript where not.",
    { optional: true },
  );
  return {
    name: "InstantiateOptions",
    docs: wasmFile
      ? "The largest sizes that calls may have, and the kernels."
      : "The largest sizes that calls may have.",
    type: {
      members: [
        ...(wasmFile ? [wasm] : []),
        member("batch", "number", "Examples; 1 where left out.", optional),
        ...(hasSteps(manifest) ? [member("steps", "number", "Steps; 1 where left out.", optional)] : []),
        member("sizes", inline(sizes), "Run-time dimensions.", { optional: sizes.length === 0 }),
        member("maxBytes", "number", "Refuse to allocate more than this; 4 GiB where left out.", optional),
        ...(manifest.target === "auto" ? [variant] : []),
      ],
    },
  };
}

/** The type of exactly this data, free text apart. What fits into a line stays on one. */
export function literalType(value: unknown, indent = ""): string {
  if (typeof value === "string") return printString(value);
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "number";
  if (typeof value !== "object" || value === null) return String(value);
  const inner = `${indent}  `;
  const items = Array.isArray(value)
    ? value.map((item) => literalType(item, inner))
    : Object.entries(value).map(([name, item]) => {
        const isText = name === "documentation" || name === "compiler";
        return `readonly ${propertyName(name)}: ${isText ? "string" : literalType(item, inner)}`;
      });
  const [open, close, separator] = Array.isArray(value) ? ["readonly [", "]", ","] : ["{", "}", ";"];
  const space = Array.isArray(value) || items.length === 0 ? "" : " ";
  const line = `${open}${space}${items.join(`${separator} `)}${space}${close}`;
  if (indent.length + line.length <= 110 && !line.includes("\n")) return line;
  return `${open}\n${items.map((item) => `${inner}${item}${separator}\n`).join("")}${indent}${close}`;
}
