/** A call of a used cell: inputs first, then contexts; states by name. */
import { at } from "../../base/at.js";
import { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import type { Span } from "../../base/source/span.js";
import type { ArgumentNode, CallNode, Expression } from "../syntax/ast.js";
import { type Dim, printDim } from "../../base/types/dim.js";
import { equalShapes } from "../../base/types/shape.js";
import { takeOverCall } from "./take-over.js";
import { bindDimensions, pairsOf } from "./bind-dimensions.js";
import { fitsInto } from "./broadcast.js";
import { tensorsIn } from "./cell-tensors.js";
import type { Checker } from "./checker.js";
import { isNumber, isReal, placeOfAxes, placeOfAxis } from "./infer/mismatch.js";
import { isPlaceBelow } from "./infer/whole-numbers.js";
import { asIndex } from "./infer/whole-ranges.js";
import { matchArguments } from "./match-arguments.js";
import { statesIn } from "./states-of-cell.js";
import { axesOf, printAxes, printSemanticType, type SemanticType, shapeOf } from "./semantic-type.js";
import { substituteType } from "./substitute.js";
import type { TypedCell, TypedExpression, TypedInstance, TypedInstanceCall, TypedTensor } from "./typed-program.js";
import { untoldSizes } from "./untold-sizes.js";

/** Arguments by what they are for; the names are checked later, when the call is. */
export function splitCall(
  instance: Pick<TypedInstance, "cell" | "called"> | undefined,
  call: CallNode,
): { readonly inputs: readonly Expression[]; readonly contexts: readonly Expression[] } {
  const tensors = instance === undefined ? [] : tensorsIn(instance.cell);
  const inputCount = tensors.filter(({ role }) => role === "input").length;
  const contextNames = new Set(tensors.filter(({ role }) => role === "context").map(({ name }) => name));
  let position = -inputCount;
  const isContext = ({ name: label }: ArgumentNode): boolean => {
    if (label !== undefined) return contextNames.has(label.text);
    const place = position++;
    return place >= 0 && place < contextNames.size;
  };
  const inputs: Expression[] = [];
  const contexts: Expression[] = [];
  const list = instance === undefined ? call.arguments : inOwnWords(instance, call);
  for (const argument of list) (isContext(argument) ? contexts : inputs).push(argument.value);
  return { inputs, contexts };
}

/** Tensors of a used cell with what a call gives them. */
export type GivenTensors = readonly (readonly [TypedTensor, ArgumentNode])[];

interface Matched {
  readonly inputs: GivenTensors;
  readonly contexts: GivenTensors;
  readonly states: GivenTensors;
  readonly settings: GivenTensors;
  /** Of a network: sizes that no input tells. */
  readonly sizes: ReadonlyMap<string, ArgumentNode>;
}

/** Which argument is for what; undefined where something was reported. */
export function matchCall(
  instance: TypedInstance,
  call: CallNode,
  collector: DiagnosticCollector,
): Matched | undefined {
  const tensors = tensorsIn(instance.cell);
  const inputs = tensors.filter(({ role }) => role === "input");
  const contexts = tensors.filter(({ role }) => role === "context");
  const states = statesIn(instance.cell).flatMap(({ tensor, isGiven }) => (isGiven ? [] : [tensor]));
  const settings = tensors.filter(({ role }) => role === "setting");
  const callee = `\`${instance.name}\``;
  const sizes = untoldSizes(instance.cell);
  const others = [...[...states, ...settings].map(({ name }) => name), ...sizes].map((name) => ({
    name,
    named: true,
    optional: true,
  }));
  const parameters = [...inputs, ...contexts, ...others];
  const matched = matchArguments(inOwnWords(instance, call), parameters, callee, call.span, collector);
  if (matched === undefined) return undefined;
  const given = (of: readonly TypedTensor[], from: number): GivenTensors =>
    of.flatMap((tensor, i) => {
      const argument = matched[from + i];
      return argument === undefined ? [] : [[tensor, argument] as const];
    });
  return {
    inputs: given(inputs, 0),
    contexts: given(contexts, inputs.length),
    states: given(states, inputs.length + contexts.length),
    settings: given(settings, inputs.length + contexts.length + states.length),
    sizes: new Map(
      sizes.flatMap((name, i) => {
        const argument = matched[parameters.length - sizes.length + i];
        return argument === undefined ? [] : [[name, argument] as const];
      }),
    ),
  };
}

/** Arguments by the names that the cell itself has. */
function inOwnWords({ called }: Pick<TypedInstance, "called">, call: CallNode): readonly ArgumentNode[] {
  if (called.size === 0) return call.arguments;
  return call.arguments.map((argument) => {
    const own = called.get(argument.name?.text ?? "");
    return argument.name === undefined || own === undefined ? argument : { ...argument, name: { ...argument.name, text: own } }; // prettier-ignore
  });
}

interface CheckedContexts {
  readonly contexts: readonly TypedExpression[];
  readonly runtimeDimensions: ReadonlyMap<string, Dim>;
}

/** Checks names and number of all arguments, and the contexts: their shapes tell the run-time dimensions. */
export function checkContexts(checker: Checker, instance: TypedInstance, call: CallNode): CheckedContexts | undefined {
  const matched = matchCall(instance, call, checker.collector);
  if (matched === undefined) return undefined;
  const contexts: TypedExpression[] = [];
  const pairs = matched.contexts.flatMap(([tensor, argument]) => {
    const given = checker.infer(argument.value);
    const declared = substituteType(tensor.type, instance.dimensions);
    if (declared === undefined) checker.reportTooLarge(call.span);
    if (declared === undefined || !isReal(checker, given)) return [];
    if (axesOf(given.type).length !== axesOf(declared).length) {
      reportGiven(checker, instance, tensor, declared, given);
      return [];
    }
    contexts.push(given);
    return pairsOf(declared, given.type);
  });
  if (contexts.length < matched.contexts.length) return undefined;
  const runtimeDimensions = bindDimensions(pairs, new Set(instance.cell.runtimeDimensions));
  const dimensions = new Map([...instance.dimensions, ...runtimeDimensions]);
  const sizes = { all: dimensions, ofCalls: runtimeDimensions };
  for (const [i, [tensor]] of matched.contexts.entries()) {
    const given = at(contexts, i);
    const declared = substituteType(tensor.type, dimensions);
    if (declared !== undefined && haveEqualShapes(given.type, declared)) continue;
    reportGiven(checker, instance, tensor, declared ?? tensor.type, given);
    return undefined;
  }
  if (!takeOverCall(checker, instance.cell, sizes, call.span)) return undefined;
  return { contexts, runtimeDimensions };
}

/** Params that a used cell is given, as the arguments of a call are. */
export function checkGivenParams(
  checker: Checker,
  instance: TypedInstance,
  given: ReadonlyMap<string, Expression>,
): ReadonlyMap<string, TypedExpression> {
  const typed = new Map<string, TypedExpression>();
  for (const tensor of tensorsIn(instance.cell)) {
    const value = given.get(tensor.name);
    if (value === undefined) continue;
    const [only] = checkGiven(checker, instance, value.span, [[tensor, { value, span: value.span }]]) ?? [];
    if (only !== undefined) typed.set(tensor.name, only);
  }
  return typed;
}

type CheckedInputs = Pick<TypedInstanceCall, "inputs" | "states">;

/** Checks inputs and states; what {@link checkContexts} said about names and number is not said again. */
export function checkInputs(checker: Checker, instance: TypedInstance, call: CallNode): CheckedInputs | undefined {
  const matched = matchCall(instance, call, new DiagnosticCollector());
  const inputs = checkGiven(checker, instance, call.span, matched?.inputs ?? []);
  const states = checkGiven(checker, instance, call.span, matched?.states ?? []);
  if (matched === undefined || inputs === undefined || states === undefined) return undefined;
  return { inputs, states: new Map(states.map((value, i) => [matched.states[i]![0].name, value])) };
}

/** Undefined where something was reported. */
function checkGiven(
  checker: Checker,
  instance: TypedInstance,
  span: Span,
  all: GivenTensors,
): TypedExpression[] | undefined {
  const fitting: TypedExpression[] = [];
  const sizes = new Map([...instance.dimensions, ...(checker.instances.runtimeDimensions.get(instance.name) ?? [])]);
  for (const [tensor, argument] of all) {
    const declared = substituteType(tensor.type, sizes);
    const inferred = checker.infer(argument.value);
    const given = declared?.kind === "index" ? asIndex(checker, inferred) : inferred;
    if (declared === undefined) checker.reportTooLarge(span);
    if (declared === undefined || given.type.kind === "error") continue;
    if (fits(checker, declared, given)) fitting.push(given);
    else if (given.type.kind === "index" || given.type.kind === "real" || given.type.kind === "complex")
      reportGiven(checker, instance, tensor, declared, given);
  }
  return fitting.length === all.length ? fitting : undefined;
}

function fits(checker: Checker, declared: SemanticType, given: TypedExpression): boolean {
  const { type } = given;
  if (declared.kind === "index") return type.kind === "index" && isPlaceBelow(checker, given, declared.bound);
  const isFine = declared.kind === "complex" ? isNumber : isReal;
  return isFine(checker, given) && (isGivenPlain(given) || haveEqualShapes(type, declared));
}

/** `lower(0)`, `lower(-1)`: what stands there is plain. */
export function isGivenPlain(given: TypedExpression): boolean {
  if (given.kind === "elementwise") return given.operation === "negate" && given.operands.every(isGivenPlain);
  return given.kind === "number";
}

/** Other arguments do not repeat: the used cell would go on with one element in the place of many. */
export function haveEqualShapes(given: SemanticType, declared: SemanticType): boolean {
  return equalShapes(shapeOf(axesOf(given)), shapeOf(axesOf(declared)));
}

/** An output that the user of a cell calls so. */
export function outputNamed({ cell, called }: TypedInstance, name: string): TypedCell["outputs"][number] | undefined {
  return cell.outputs.find((output) => output.name === (called.get(name) ?? name));
}

/** An argument that does not fit. */
export function reportGiven(
  checker: Checker,
  instance: TypedInstance,
  tensor: TypedTensor,
  declared: SemanticType,
  given: TypedExpression,
): void {
  if (given.type.kind === "index" && declared.kind !== "index") return;
  const wanted = printSemanticType(declared);
  const message = `${tensor.role} \`${tensor.name}\` of \`${instance.name}\` is ${wanted}, this is ${printSemanticType(given.type)}`;
  const dimensions = [...instance.dimensions].map(([name, dim]) => `${name} = ${printDim(dim)}`).join(", ");
  checker.report("shape-mismatch", given.span, message, {
    related: [
      {
        span: tensor.span,
        message: `declared in cell \`${instance.cell.name}\` ${dimensions === "" ? "" : `with ${dimensions}`}`.trim(),
      },
      given.type.kind === "real" ? placeOfAxis(given, axesOf(given.type).length - 1) : placeOfAxes([], given.span),
    ],
    help: helpFor(checker, instance, declared, given.type),
  });
}

function helpFor(
  checker: Checker,
  instance: TypedInstance,
  declared: SemanticType,
  given: SemanticType,
): string | undefined {
  const axes = axesOf(declared);
  if (axes.length === 0 || given.kind !== "real") return undefined;
  const list = printAxes(axes);
  if (fitsInto(given.axes, axes, checker.isRuntime))
    return `arguments do not repeat by themselves; where that is meant, add \`zeros(${list})\``;
  return `\`use ${instance.name} = ${instance.cell.name}(…)\` says which sizes it has: ${list}`;
}
