/** Do the parts of a program fit each other? */
import { printType } from "../ir/graph/print.js";
import type { GraphFunction, ValueType } from "../ir/graph/graph-function.js";
import { nameOf, outputName, typeOf } from "../ir/graph/values.js";
import { dimSymbol, equalDims } from "../base/types/dim.js";
import type { Program, ProgramInput, ProgramTensor } from "./program.js";
import { nameOfRole, type TensorKind } from "./base/roles.js";

/** Sentences; none where all is well. */
export function problemsOf(program: Program): string[] {
  const {
    axes,
    stream,
    inputs,
    settings = [],
    contexts,
    states,
    params,
    fixed,
    randoms,
    outputs,
    forward,
    initial,
  } = program;
  const tensors = [...inputs, ...settings, ...contexts, ...states, ...params, ...fixed, ...randoms, ...outputs];
  const sequences = [...tensors.flatMap(({ over }) => over), ...(stream === undefined ? [] : [stream])];
  const given = [...portsOf("context", contexts), ...portsOf("param", params), ...portsOf("fixed", fixed)];
  const drawn = (isInitial: boolean): Port[] =>
    portsOf("random", randoms.filter((random) => random.isInitial === isInitial)); // prettier-ignore
  const wanted = {
    inputs: [
      ...portsOf("initial", states),
      ...portsOf("input", inputs),
      ...portsOf("setting", settings),
      ...drawn(false),
      ...given,
    ],
    outputs: [...portsOf("output", outputs), ...portsOf("final", states)],
  };
  const computed = states.filter((state) => state.initial === "computed");
  return [
    ...[...new Set(sequences)].flatMap((symbol) =>
      axes.some((axis) => axis.symbol === symbol) ? [] : [`${symbol} is no axis of calls`],
    ),
    // A state and a result of one name are told apart by where they stand in a call.
    ...twice(tensors.filter((tensor) => !outputs.includes(tensor)).map(({ name }) => name)),
    ...twice(outputs.map(({ name }) => name)),
    ...unfit(forward, wanted),
    ...(initial === undefined
      ? []
      : unfit(initial, { inputs: [...drawn(true), ...given], outputs: portsOf("initial", computed) })),
    ...(initial === undefined && computed.length > 0 ? ["nothing computes initial values"] : []),
    ...(program.parts ?? []).flatMap((part) => problemsOf(part.program).map((what) => `${part.name}: ${what}`)),
  ];
}

function twice(names: readonly string[]): string[] {
  const again = names.filter((name, i) => names.indexOf(name) < i);
  return [...new Set(again)].map((name) => `two tensors are called ${name}`);
}

/** An input or output as the tensors say that it is. */
interface Port {
  readonly name: string;
  readonly type: ValueType;
}

const portsOf = (kind: TensorKind, tensors: readonly (ProgramTensor & Partial<ProgramInput>)[]): Port[] =>
  tensors.map(({ name, over, shape, shared, dtype = "real" }) => ({
    name: nameOfRole({ kind, name }),
    type: { dtype, shape: [...over.map(dimSymbol), ...shape], shared },
  }));

function unfit(
  fn: GraphFunction,
  wanted: { readonly inputs: readonly Port[]; readonly outputs: readonly Port[] },
): string[] {
  const inputs = fn.inputs.map((id) => ({ name: nameOf(fn, id), type: typeOf(fn, id) }));
  const outputs = fn.outputs.map((id, i) => ({ name: outputName(fn, i), type: typeOf(fn, id) }));
  return [
    ...differences(`inputs of ${fn.name}`, inputs, wanted.inputs, (is, own) => is.shared === own.shared),
    // What is the same for all examples may be stored for each of them.
    ...differences(`outputs of ${fn.name}`, outputs, wanted.outputs, (is, own) => is.shared || !own.shared),
  ];
}

function differences(
  what: string,
  found: readonly Port[],
  wanted: readonly Port[],
  isStored: (is: ValueType, own: ValueType) => boolean,
): string[] {
  const names = (ports: readonly Port[]): string => ports.map(({ name }) => name).join(", ");
  if (names(found) !== names(wanted)) return [`${what}: ${names(found)}, and the tensors are ${names(wanted)}`];
  return found.flatMap(({ name, type }, i) => {
    const own = wanted[i]?.type;
    if (own === undefined) return [];
    const fits =
      type.dtype === own.dtype &&
      type.shape.length === own.shape.length &&
      type.shape.every((dim, axis) => equalDims(dim, own.shape[axis] ?? dim)) &&
      isStored(type, own);
    return fits ? [] : [`${what}: ${name} is ${printType(type)}, and the tensor is ${printType(own)}`];
  });
}
