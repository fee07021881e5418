/** Do the parts of a program fit each other? */
import { repeated } from "../base/repeated.js";
import { printType } from "../ir/graph/print.js";
import type { GraphFunction, ValueId, ValueType } from "../ir/graph/graph-function.js";
import { nameOf, outputName, typeOf } from "../ir/graph/values.js";
import { dimSymbol, equalDims } from "../base/types/dim.js";
import type { NetworkPart, Program, ProgramInput, ProgramTensor } from "./program.js";
import { nameOfRole, type TensorKind } from "./base/roles.js";
import { partsOfLoss } from "../../runtime/module/loss-parts.js";

/** Sentences; none where all is well. */
export function problemsOf(program: Program): string[] {
  return [
    ...problemsOfEquations(program),
    ...problemsOfStarts(program),
    ...(program.parts ?? []).flatMap((part) => problemsOfPart(part, program)),
  ];
}

const problemsOfEquations = (program: Program): string[] => [
  ...problemsOfAxes(program),
  ...problemsOfTensors(program),
  ...problemsOfLosses(program),
  ...problemsOfLengths(program),
];

/** All that callers give, or are given. */
const givenTensors = ({ inputs, settings = [], contexts, states, params, fixed, randoms }: Program): readonly ProgramTensor[] =>
  [...inputs, ...settings, ...contexts, ...states, ...params, ...fixed, ...randoms]; // prettier-ignore

function problemsOfAxes(program: Program): string[] {
  const { stream, outputs, found, ownAxes = [] } = program;
  const sequences = [...givenTensors(program), ...outputs].flatMap(({ over }) => over);
  const lengths = (found?.dimensions ?? []).map(({ symbol }) => symbol);
  const named = new Set([...sequences, ...(stream === undefined ? [] : [stream]), ...lengths, ...ownAxes]);
  return missing(named, program.axes.map(({ symbol }) => symbol), (symbol) => `${symbol} is no axis of calls`); // prettier-ignore
}

function problemsOfTensors(program: Program): string[] {
  const { inputs, settings = [], states, randoms, outputs, forward, initial, gradientAsDeclared } = program;
  const drawn = (isInitial: boolean): Port[] =>
    portsOf("random", randoms.filter((random) => random.isInitial === isInitial)); // prettier-ignore
  const given = [...portsOf("context", program.contexts), ...storedPorts(program)];
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
  const names = givenTensors(program).map(({ name }) => name);
  return [
    // A state and a result of one name are told apart by where they stand in a call.
    ...twice(names),
    ...twice(outputs.map(({ name }) => name)),
    ...missing(gradientAsDeclared, names, (name) => `the gradient by ${name} is declared, and there is no such tensor`),
    ...unfit(forward, wanted),
    ...(initial === undefined
      ? []
      : unfit(initial, { inputs: [...drawn(true), ...given], outputs: portsOf("initial", computed) })),
    ...(initial === undefined && computed.length > 0 ? ["nothing computes initial values"] : []),
  ];
}

/** Each is three numbers for the whole batch: itself, the sum over the examples, and what that is divided by. */
function problemsOfLosses({ losses = [], outputs }: Program): string[] {
  const numbers = outputs.filter(({ over, shape, shared }) => shared && over.length + shape.length === 0);
  const names = numbers.map(({ name }) => name);
  return losses.flatMap((loss) =>
    missing(partsOfLoss(loss), names, (part) => `no output ${part} of the loss ${loss} is one number for all examples`),
  );
}

function problemsOfStarts(program: Program): string[] {
  const { starts, params, fixed } = program;
  const computed = [...params, ...fixed].filter(({ initializer }) => initializer.kind === "computed");
  if (starts === undefined) return computed.map(({ name }) => `nothing computes what ${name} starts as`);
  const inputs = [...storedPorts(program), ...portsOf("draw", starts.draws)];
  return unfit(starts.fn, { inputs, outputs: portsOf("start", computed) });
}

/** Lengths that values tell are found of what `forward` is given, and of draws up to the most that they may be. */
function problemsOfLengths({ found, forward }: Program): string[] {
  if (found === undefined) return [];
  const { fn, dimensions } = found;
  const names = (ids: readonly ValueId[], of: GraphFunction): string[] => ids.map((id) => nameOf(of, id));
  const wanted = dimensions.map(({ symbol }) => nameOfRole({ kind: "found", name: symbol })).join(", ");
  const given = fn.outputNames.join(", ");
  return [
    ...missing(names(fn.inputs, fn), names(forward.inputs, forward), (name) => `${fn.name} reads ${name}, which forward does not have`), // prettier-ignore
    ...(given === wanted ? [] : [`outputs of ${fn.name}: ${given}, and the lengths are ${wanted}`]),
  ];
}

/** What is given to a part that is called by itself are equations of the whole: inputs of its own. Its params start as those of the whole do. */
function problemsOfPart({ name, given, program }: NetworkPart, whole: Program): string[] {
  const names = (tensors: readonly ProgramTensor[]): string[] => tensors.map((tensor) => tensor.name);
  const problems = [
    ...problemsOfEquations(program),
    ...missing(given, names([...program.inputs, ...program.contexts]), (own) => `${own} is given, and no input`),
    ...missing(names(program.params), names(whole.params), (own) => `${own} is no param of the whole`),
    ...missing(names(program.fixed), names(whole.fixed), (own) => `${own} is no fixed value of the whole`),
  ];
  return problems.map((what) => `${name}: ${what}`);
}

const storedPorts = ({ params, fixed }: Program): Port[] => [...portsOf("param", params), ...portsOf("fixed", fixed)];

/** A sentence for each of the names that is not among those that there are. */
function missing(names: Iterable<string>, there: readonly string[], sentence: (name: string) => string): string[] {
  return [...new Set(names)].flatMap((name) => (there.includes(name) ? [] : [sentence(name)]));
}

const twice = (names: readonly string[]): string[] => repeated(names).map((name) => `two tensors are called ${name}`);

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
