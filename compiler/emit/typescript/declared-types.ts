/** The types that a module's declarations consist of, from its manifest; `declarations.ts` prints them. */
import type { Manifest, TensorEntry } from "../../../runtime/module/manifest.js";
import { printString } from "../js/literal.js";

export interface Member {
  /** As a property name in a type: quoted where it has to be. */
  readonly name: string;
  readonly type: string;
  readonly docs: string;
  readonly optional: boolean;
}

export interface Method {
  readonly name: string;
  readonly parameters: readonly (readonly [name: string, type: string, optional: boolean])[];
  readonly result: string;
  readonly docs: string;
}

export interface DeclaredType {
  readonly name: string;
  readonly docs: string;
  readonly type: string | { readonly members: readonly Member[]; readonly methods?: readonly Method[] };
}

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
    ...(has.gradient || has.hvp ? gradientTypes(manifest) : []),
    ...(has.jvp || has.hvp ? [tangentsType(manifest)] : []),
    ...streamTypes(manifest),
    instanceType(manifest, options),
    optionsType(manifest, options),
  ];
}

/** `instantiate` may be called without options where all of them have defaults. */
export const optionsAreOptional = (manifest: Manifest, { wasmFile = false }: DeclarationOptions): boolean =>
  manifest.runtimeDimensions.length === 0 && !wasmFile;

/** The type of which kernels run. */
export const variantType = (manifest: Manifest, { fma = false }: DeclarationOptions): string =>
  fma ? '"wasm" | "wasm-fma"' : manifest.target === "auto" ? '"wasm" | "js"' : printString(manifest.target);

function arrayTypes(manifest: Manifest): DeclaredType[] {
  const array = manifest.dtype === "f32" ? "Float32Array" : "Float64Array";
  const indices: DeclaredType = {
    name: "Indices",
    docs: "Integers that calls take.",
    type: "Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array | readonly number[]",
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

/** `[B, T, 64]`, and the author's words. */
function describe(entry: TensorEntry, leading: readonly string[], note = ""): string {
  const shape = `\`[${[...leading, ...entry.shape].join(", ")}]\``;
  return [`${shape}${note}`, entry.documentation].filter((text) => text !== "").join("\n\n");
}

interface TensorOptions {
  readonly type?: string;
  readonly optional?: boolean;
  readonly note?: string;
}

function tensors(entries: readonly TensorEntry[], leading: readonly string[], options: TensorOptions = {}): Member[] {
  return entries.map((entry) =>
    member(entry.name, options.type ?? "Values", describe(entry, leading, options.note), options),
  );
}

function member(name: string, type: string, docs: string, { optional = false }: { optional?: boolean } = {}): Member {
  return { name: propertyName(name), type: optional ? `${type} | undefined` : type, docs, optional };
}

const propertyName = (name: string): string => (/^[A-Za-z_$][\w$]*$/u.test(name) ? name : printString(name));

/** A type with members, written where it is used. */
function inline(members: readonly Member[]): string {
  if (members.length === 0) return "{}";
  return `{ ${members.map(({ name, type, optional }) => `readonly ${name}${optional ? "?" : ""}: ${type}`).join("; ")} }`;
}

function inputMembers(manifest: Manifest, leading: readonly string[]): Member[] {
  return manifest.inputs.map((entry) =>
    entry.dtype === "index"
      ? member(entry.name, "Indices", describe(entry, leading, `, integers from 0 to ${(entry.bound ?? 0) - 1}`))
      : member(entry.name, "Reals", describe(entry, leading)),
  );
}

function sizeMembers(manifest: Manifest): Member[] {
  if (manifest.runtimeDimensions.length === 0) return [];
  const size = "number | Indices | { readonly padded: number; readonly each: Indices }";
  const names = manifest.runtimeDimensions.map((name) => member(name, size, "", { optional: true }));
  const docs =
    "Sizes of this call: a number for all examples; a list with each example's own, the tensors padded to the largest; " +
    "or such a list as `each` and the padded size. The capacities where left out.";
  return [member("sizes", inline(names), docs, { optional: true })];
}

const optional = { optional: true };
const batchMember = member("batch", "number", "Examples in this call, B; the capacity where left out.", optional);

function sequenceTypes(manifest: Manifest): DeclaredType[] {
  const { states } = manifest;
  const givenStates = states.map((entry) => {
    const otherwise = entry.initial === "zeros" ? "zeros" : "the declared initial value";
    return member(
      entry.name,
      "Reals",
      describe(entry, ["B"], `, the state before the first step; ${otherwise} where left out`),
      optional,
    );
  });
  return [
    {
      name: "Params",
      docs:
        "Parameters: write into them, `params.W.set(values)`, also into arrays that you keep. Every call computes with what " +
        "they hold when it begins.",
      type: { members: tensors(manifest.params, []) },
    },
    { name: "States", docs: "A tensor for each state.", type: { members: tensors(states, ["B"]) } },
    {
      name: "ForwardArguments",
      docs: "What `forward` takes.",
      type: {
        members: [
          ...inputMembers(manifest, ["B", "T"]),
          ...tensors(manifest.contexts, ["B"], { type: "Reals" }),
          ...givenStates,
          member(
            "lengths",
            "Indices",
            "`[B]`, the real steps of each example, 0 to T; after them outputs are zero and states stay.",
            optional,
          ),
          ...sizeMembers(manifest),
          batchMember,
          member("steps", "number", "Steps in this call, T; the capacity where left out.", optional),
        ],
      },
    },
    {
      name: "ForwardResult",
      docs: "What `forward` gives.",
      type: {
        members: [
          ...tensors(manifest.outputs, ["B", "T"]),
          member("final", "States", "The states after each example's last step."),
        ],
      },
    },
  ];
}

function gradientTypes(manifest: Manifest): DeclaredType[] {
  const given = { type: "Reals", optional: true };
  const realInputs = manifest.inputs.filter((input) => input.dtype === "real");
  return [
    {
      name: "Cotangents",
      docs: "Derivatives of a loss by outputs and final states; zero where left out.",
      type: {
        members: [
          ...tensors(manifest.outputs, ["B", "T"], given),
          member(
            "final",
            inline(tensors(manifest.states, ["B"], given)),
            "By the final states, each `[B, …]`.",
            optional,
          ),
        ],
      },
    },
    {
      name: "Gradient",
      docs: "Derivatives of that loss by everything that went in.",
      type: {
        members: [
          ...tensors(realInputs, ["B", "T"]),
          ...tensors(manifest.contexts, ["B"]),
          member("initial", "States", "By the states before the first step."),
          member("params", "Params", "By the parameters, added over the batch."),
        ],
      },
    },
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
        ...tensors(realInputs, ["B", "T"], given),
        ...tensors(manifest.contexts, ["B"], given),
        ...tensors(manifest.states, ["B"], given),
        member(
          "params",
          inline(tensors(manifest.params, [], given)),
          "Of parameters, each in its declared shape.",
          optional,
        ),
      ],
    },
  };
}

function streamTypes(manifest: Manifest): DeclaredType[] {
  const given = { type: "Reals", optional: true };
  const contexts = tensors(manifest.contexts, ["B"], { ...given, note: ", kept from step to step" });
  const sizes = manifest.runtimeDimensions.map((name) =>
    member(name, "{ readonly padded: number; readonly each: readonly number[] }", ""),
  );
  return [
    {
      name: "StepArguments",
      docs: "What `step` takes.",
      type: { members: [...inputMembers(manifest, ["B"]), ...contexts] },
    },
    { name: "StepResult", docs: "What `step` gives.", type: { members: tensors(manifest.outputs, ["B"]) } },
    {
      name: "StepsArguments",
      docs: "What `steps` takes.",
      type: {
        members: [
          ...inputMembers(manifest, ["B", "T"]),
          ...contexts,
          member("steps", "number", "Steps in this call, T; the capacity where left out.", optional),
        ],
      },
    },
    {
      name: "StepsResult",
      docs: "What `steps` gives.",
      type: { members: tensors(manifest.outputs, ["B", "T"]) },
    },
    {
      name: "ResetArguments",
      docs: "What `reset` takes.",
      type: {
        members: [...contexts, ...tensors(manifest.states, ["B"], given), ...sizeMembers(manifest), batchMember],
      },
    },
    {
      name: "Snapshot",
      docs: "A stream's state, apart from the module's memory; it can be cloned and stored.",
      type: {
        members: [
          member("cell", printString(manifest.cell), ""),
          member("batch", "number", ""),
          member("sizes", inline(sizes), ""),
          member("states", "States", ""),
          member("contexts", inline(tensors(manifest.contexts, ["B"], { optional: true })), ""),
        ],
      },
    },
  ];
}

function instanceType(manifest: Manifest, options: DeclarationOptions): DeclaredType {
  const { has } = manifest;
  const method = (name: string, parameters: Method["parameters"], result: string, docs: string): Method => ({
    name,
    parameters,
    result,
    docs,
  });
  const methods = [
    method(
      "init",
      [["seed", "number", false]],
      "void",
      "Sets every parameter by its declared initialiser. The same seed gives the same values, on every host. In a new instance those that are declared without random numbers have their values already, the others are 0.",
    ),
    method(
      "setParams",
      [["values", inline(tensors(manifest.params, [], { type: "Reals", optional: true })), false]],
      "void",
      "Copies values into the parameters that are named, all or, where one is wrong, none. No array is handed out: where none ever was, calls need not look for changes.",
    ),
    method(
      "freeze",
      [],
      "void",
      "Promises that nobody writes into arrays of `params`, so that calls need not look for changes: until one is read again.",
    ),
    method("forward", [["args", "ForwardArguments", false]], "ForwardResult", "Runs the cell over whole sequences."),
    method("step", [["args", "StepArguments", false]], "StepResult", "Runs one step of a stream and keeps the state."),
    method(
      "steps",
      [["args", "StepsArguments", false]],
      "StepsResult",
      "Runs several steps of a stream in one call, in the buffers of `forward`, and keeps the state: the same bits as from `step`.",
    ),
    method("reset", [["args", "ResetArguments", true]], "void", "Starts a stream: states as given, or as declared."),
    method("snapshot", [], "Snapshot", "The stream's state."),
    method("restore", [["snapshot", "Snapshot", false]], "void", "Goes on where a snapshot was taken."),
  ];
  if (has.gradient) {
    methods.push(
      method("backward", [["cotangents", "Cotangents", true]], "Gradient", "Differentiates the last `forward`."),
    );
  }
  if (has.jvp) {
    const parameters = [
      ["args", "ForwardArguments", false],
      ["tangents", "Tangents", false],
    ] as const;
    methods.push(method("jvp", parameters, "ForwardResult", "The derivative of `forward`'s result in a direction."));
  }
  if (has.hvp) {
    const parameters = [
      ["args", "ForwardArguments", false],
      ["tangents", "Tangents", false],
      ["cotangents", "Cotangents", true],
      ["cotangentTangents", "Cotangents", true],
    ] as const;
    methods.push(method("hvp", parameters, "Gradient", "The derivative of `backward`'s result in a direction."));
  }
  return {
    name: "Instance",
    docs: "One set of parameters, states and buffers. Wrong arguments throw a `TypeError` or a `RangeError` and change nothing.",
    type: {
      members: [
        member("variant", variantType(manifest, options), "Which kernels it runs."),
        member("params", "Params", ""),
      ],
      methods,
    },
  };
}

function optionsType(manifest: Manifest, { wasmFile = false }: DeclarationOptions): DeclaredType {
  const sizes = manifest.runtimeDimensions.map((name) => member(name, "number", ""));
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
        member("steps", "number", "Steps; 1 where left out.", optional),
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
