/** The tensors of a call, as a manifest lists them: what each is, which axes it has, and how large it is in a call. */
import { emptyRecord } from "./records.js";
import type { CallExtents, Extent } from "./sizes.js";
import type { InputEntry, Manifest, ParamEntry, StateEntry, TensorEntry } from "../../../runtime/module/manifest.js";

/** What a tensor is to a call. `output` and `final` stand for their cotangents: nothing else of them is given. */
type CallRole = "param" | "fixed" | "input" | "context" | "state" | "output" | "final";

/** Has a gradient, where it is no index. */
export type VariableRole = "param" | "input" | "context" | "state";

/** An entry of the manifest with its role. */
export interface CallTensor
  extends
    TensorEntry,
    Partial<Pick<InputEntry, "dtype" | "bound">>,
    Partial<Pick<StateEntry, "initial">>,
    Partial<Pick<ParamEntry, "initializer">> {
  readonly role: CallRole;
}

/** What the indices of a tensor are below in an example; of none, where an axis is empty, whatever stands there is padding. */
export const boundOf = ({ bound = 1 }: Pick<InputEntry, "bound">, { sizes }: Pick<Extent, "sizes">): number =>
  typeof bound === "number" ? bound : Math.max(1, sizes[bound] ?? 1);

/** The sizes of the example that has the number at that place, of `own` each. */
export const extentAt = ({ examples, ...call }: CallExtents, place: number, own: number): Extent =>
  examples[Math.floor(place / own)] ?? call;

/** Those that have a derivative. */
export const realStates = ({ states }: Pick<Manifest, "states">): Manifest["states"] =>
  states.filter(({ dtype }) => dtype !== "index");

/** The same of contexts. */
export const realContexts = ({ contexts }: Pick<Manifest, "contexts">): Manifest["contexts"] =>
  contexts.filter(({ dtype }) => dtype !== "index");

/** All of them; cotangents after what is given, fixed values last. */
export function tensorsOf(manifest: Manifest): CallTensor[] {
  const { params, inputs, contexts, states, outputs, fixed = [] } = manifest;
  const list = (role: CallRole, entries: readonly TensorEntry[]): CallTensor[] =>
    entries.map((entry) => ({ ...entry, role }));
  return [
    ...list("param", params),
    ...list("input", inputs),
    ...list("context", contexts),
    ...list("state", states),
    ...list("output", outputs),
    ...list("final", realStates(manifest)),
    ...list("fixed", fixed),
  ];
}

/** Has it a derivative? */
export const isVariable = (tensor: CallTensor): tensor is CallTensor & { readonly role: VariableRole } =>
  tensor.dtype !== "index" && !["fixed", "output", "final"].includes(tensor.role);

/** Inputs and contexts by which the module gives gradients, if it gives any. */
export function dataInGradient({
  has,
  inputs,
  contexts,
}: Pick<Manifest, "has" | "inputs" | "contexts">): Pick<Manifest, "inputs" | "contexts"> {
  if (has.gradient === "params") return { inputs: [], contexts: [] };
  return { inputs: inputs.filter(({ dtype }) => dtype === "real"), contexts: realContexts({ contexts }) };
}

/** Does the module give one by it, if it gives any? */
export const isInGradient = ({ has }: Pick<Manifest, "has">, { role }: Pick<CallTensor, "role">): boolean =>
  has.gradient !== "params" || role === "param" || role === "state";

/** Something for each tensor of a call, by name; parameters and fixed values are in one record. */
export interface ByTensor<Value> {
  readonly params: Readonly<Record<string, Value>>;
  readonly inputs: Readonly<Record<string, Value>>;
  readonly contexts: Readonly<Record<string, Value>>;
  readonly states: Readonly<Record<string, Value>>;
  readonly cotangents: {
    readonly outputs: Readonly<Record<string, Value>>;
    readonly final: Readonly<Record<string, Value>>;
  };
}

/** The record that a role has its tensors in. */
const recordOf = {
  param: ({ params }) => params,
  fixed: ({ params }) => params,
  input: ({ inputs }) => inputs,
  context: ({ contexts }) => contexts,
  state: ({ states }) => states,
  output: ({ cotangents }) => cotangents.outputs,
  final: ({ cotangents }) => cotangents.final,
} as const satisfies Record<CallRole, <Value>(from: ByTensor<Value>) => Readonly<Record<string, Value>>>;

/** What there is for a tensor. */
export function ofTensor<Value>(from: ByTensor<Value>, { role, name }: Pick<CallTensor, "role" | "name">) {
  const record = recordOf[role]<Value>(from);
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Makes something of each tensor, in the order of `tensorsOf`; what is undefined is left out. */
export function mapTensors<Value>(
  manifest: Manifest,
  make: (tensor: CallTensor) => Value | undefined,
): ByTensor<Value> {
  const record = emptyRecord<Value>;
  const cotangents = { outputs: record(), final: record() };
  const made = { params: record(), inputs: record(), contexts: record(), states: record(), cotangents };
  for (const tensor of tensorsOf(manifest)) {
    const value = make(tensor);
    if (value !== undefined) (recordOf[tensor.role]<Value>(made) as Record<string, Value>)[tensor.name] = value;
  }
  return made;
}
