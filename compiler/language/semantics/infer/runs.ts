/**
 * Calls in a network. `e = enc(x)` runs a cell over the leading axis of its inputs, or calls a network; `e.y` is an output of it, `e.h` a state
 * before the first step, `e.h'` after the last, `trace(e.h)` all of them.
 */
import { at } from "../../../base/at.js";
import { takeOverCall } from "../take-over.js";
import { type Dim, equalDims, printDim } from "../../../base/types/dim.js";
import type { CallNode, Expression, MemberNode } from "../../syntax/ast.js";
import { placeInArray } from "../arrays.js";
import { isStateless } from "../calls-in-place.js";
import {
  type GivenTensors,
  haveEqualShapes,
  isGivenPlain,
  matchCall,
  outputNamed,
  reportGiven,
} from "../check-instance-call.js";
import type { Checker } from "../checker.js";
import { drawsAnything } from "../draws.js";
import { wordsFor } from "../scope.js";
import { axesOf, type SemanticType, shapeOf, withLeading } from "../semantic-type.js";
import { statesIn } from "../states-of-cell.js";
import { substituteType } from "../substitute.js";
import { type TypedCell, type TypedExpression, type TypedInstance, type TypedRun } from "../typed-program.js";
import { isNumber, isReal } from "./mismatch.js";
import { isPlaceBelow } from "./whole-numbers.js";
import { asIndex } from "./whole-ranges.js";
import { type RunArgument, sizesOfCall, withFoundLengths } from "./sizes-of-calls.js";

/** The value of a call: its output where it has one. */
export function inferRun(checker: Checker, instance: TypedInstance, node: CallNode): TypedExpression {
  const run = runOf(checker, instance, node);
  if (run === undefined) return checker.error(node.span);
  const [output, ...others] = instance.cell.outputs;
  if (output === undefined || others.length > 0) {
    const type = { kind: "outputs", instance: instance.name } as const;
    return { kind: "run", run, read: { what: "output", name: output?.name ?? "" }, span: node.span, type };
  }
  return outputOf(checker, instance, run, output.name, node.span);
}

/** The run that a call is, once. */
function runOf(checker: Checker, instance: TypedInstance, node: CallNode): TypedRun | undefined {
  if (checker.runs.has(node)) return checker.runs.get(node);
  const run = checkRun(checker, instance, node);
  checker.runs.set(node, run);
  return run;
}

function checkRun(checker: Checker, instance: TypedInstance, node: CallNode): TypedRun | undefined {
  const matched = matchCall(instance, node, checker.collector);
  const place = instance.count && placeInArray(checker, instance, node.place, node.callee.span);
  if (matched === undefined || (instance.count !== undefined && place === undefined)) return undefined;
  checker.addExtent(instance.cell.extent, node.callee.span);
  const misplaced = checker.instances.draws?.refusalOf(node);
  if (misplaced !== undefined && drawsAnything(instance.cell)) {
    checker.report("misplaced-draw", node.callee.span, misplaced.message, { help: misplaced.help });
    return undefined;
  }
  const inputs = typedArguments(checker, instance, matched.inputs);
  const contexts = typedArguments(checker, instance, matched.contexts);
  const states = typedArguments(checker, instance, matched.states);
  const settings = typedArguments(checker, instance, matched.settings);
  if (inputs === undefined || contexts === undefined || states === undefined || settings === undefined)
    return undefined;
  const over = leadingAxes(checker, instance, node, inputs);
  if (over === undefined) return undefined;
  const telling = instance.cell.form === "network" ? inputs : contexts;
  const told = sizesOfCall(checker, instance, { telling, said: matched.sizes, node });
  if (told === undefined) return undefined;
  const dimensions = new Map([...instance.dimensions, ...told]);
  const all = [...inputs, ...contexts, ...states, ...settings];
  for (const [i, given] of all.entries()) {
    if (!fits(checker, instance, given, dimensions, i < inputs.length ? over : [])) return undefined;
  }
  const sizes = { all: dimensions, ofCalls: told };
  if (!checker.isGuessing && !takeOverCall(checker, instance.cell, sizes, node.span)) return undefined;
  const runtimeDimensions = withFoundLengths(checker, instance, node, told);
  if (runtimeDimensions === undefined) return undefined;
  const values = (list: readonly RunArgument[]): TypedExpression[] => list.map(({ value }) => value);
  const named = (list: readonly RunArgument[]): Map<string, TypedExpression> =>
    new Map(list.map(({ tensor, value }) => [tensor.name, value]));
  return {
    span: node.span,
    instance: instance.name,
    place,
    call: {
      inputs: values(inputs),
      contexts: values(contexts),
      states: named(states),
      settings: named(settings),
      runtimeDimensions,
    },
    runs: inputs.map(({ extra = 0 }) => extra > 0),
    over,
    name: checker.instances.runs?.names.get(node),
    path: checker.instances.runs?.paths.get(node) ?? instance.name,
    traced: new Set(),
  };
}

function typedArguments(checker: Checker, instance: TypedInstance, list: GivenTensors): RunArgument[] | undefined {
  const given: RunArgument[] = [];
  for (const [tensor, argument] of list) {
    const declared = substituteType(tensor.type, instance.dimensions);
    const inferred = checker.infer(argument.value);
    const value = declared?.kind === "index" ? asIndex(checker, inferred) : inferred;
    if (declared === undefined) checker.reportTooLarge(argument.span);
    const isUnknown = value.type.kind === "error" && checker.isGuessing && declared !== undefined;
    if (isUnknown) given.push({ tensor, argument, value, declared, extra: undefined });
    if (declared === undefined || value.type.kind === "error") continue;
    const isIndex = declared.kind === "index";
    if (!isIndex && !(declared.kind === "complex" ? isNumber : isReal)(checker, value)) continue;
    if (isIndex !== (value.type.kind === "index")) {
      reportGiven(checker, instance, tensor, declared, value);
      continue;
    }
    const extra = isGivenPlain(value) ? 0 : axesOf(value.type).length - axesOf(declared).length;
    given.push({ tensor, argument, value, declared, extra });
  }
  return given.length === list.length ? given : undefined;
}

/** The axes that the call runs over; undefined where something was reported. */
function leadingAxes(
  checker: Checker,
  instance: TypedInstance,
  node: CallNode,
  inputs: readonly RunArgument[],
): readonly Dim[] | undefined {
  const { name, cell } = instance;
  const widest = inputs.reduce<RunArgument | undefined>(
    (most, one) => ((most?.extra ?? 0) < (one.extra ?? 0) ? one : most),
    undefined,
  );
  const { axis } = checker.loop ?? {};
  const isGuessed = widest === undefined && axis !== undefined && inputs.some(({ extra }) => extra === undefined);
  if (isGuessed) return cell.form === "network" ? [] : [axis];
  const over = widest === undefined ? [] : shapeOf(axesOf(widest.value.type)).slice(0, widest.extra);
  for (const { tensor, value, extra, declared } of inputs) {
    if (extra === undefined) continue;
    const own = shapeOf(axesOf(value.type)).slice(0, Math.max(extra, 0));
    const isSame = own.length === over.length && own.every((dim, i) => equalDims(dim, at(over, i)));
    if (extra === 0 || (isSame && extra > 0)) continue;
    if (extra > 0 && widest !== undefined) {
      const message = `\`${tensor.name}\` of \`${name}\` runs over [${own.map(printDim).join(", ")}], and \`${widest.tensor.name}\` over [${over.map(printDim).join(", ")}]`;
      checker.report("shape-mismatch", value.span, message, { help: "what runs together has the same leading axes" });
    } else reportGiven(checker, instance, tensor, declared, value);
    return undefined;
  }
  if (cell.form === "network") return over.length === 0 ? over : refuseLeading(checker, instance, widest);
  if (isStateless(cell)) return over;
  const [first, second] = over;
  if (first === undefined) {
    checker.report("step-outside-run", node.span, `\`${name}\` has a state, and this is a single step`, {
      help: `a cell runs over a sequence: give it one, \`${name}(x)\` with x of \`[T, …]\`; what happens at each place is an index equation`,
    });
    return undefined;
  }
  if (second !== undefined) {
    checker.report(
      "shape-mismatch",
      node.span,
      `\`${name}\` has a state, and would run over [${over.map(printDim).join(", ")}]: which is time?`,
      {
        help: "a cell with a state runs over one axis",
      },
    );
    return undefined;
  }
  if (!checker.isRuntime(first)) {
    checker.report(
      "shape-mismatch",
      node.span,
      `\`${name}\` would run over \`${printDim(first)}\`, which is no run-time dimension`,
      {
        help: `sequences have lengths that each call gives: \`network Name(…; T)\``,
      },
    );
    return undefined;
  }
  return over;
}

function refuseLeading(checker: Checker, instance: TypedInstance, given: RunArgument | undefined): undefined {
  if (given !== undefined) reportGiven(checker, instance, given.tensor, given.declared, given.value);
  return undefined;
}

function fits(
  checker: Checker,
  instance: TypedInstance,
  { tensor, value, extra }: RunArgument,
  dimensions: ReadonlyMap<string, Dim>,
  over: readonly Dim[],
): boolean {
  if (extra === undefined) return true;
  const declared = substituteType(tensor.type, dimensions);
  const own = extra > 0 ? over : [];
  const wanted = declared && withLeading(declared, own);
  if (wanted === undefined) checker.reportTooLarge(value.span);
  if (wanted === undefined) return false;
  const isBounded =
    wanted.kind !== "index" || (value.type.kind === "index" && isPlaceBelow(checker, value, wanted.bound));
  if (isBounded && (isGivenPlain(value) || haveEqualShapes(value.type, wanted))) return true;
  reportGiven(checker, instance, tensor, declared ?? wanted, value);
  return false;
}

function outputOf(
  checker: Checker,
  instance: TypedInstance,
  run: TypedRun,
  name: string,
  span: Expression["span"],
): TypedExpression {
  const declared = instance.cell.outputs.find((output) => output.name === name)?.type;
  const read = { what: "output", name } as const;
  return readOf(checker, instance, run, read, declared, run.over, span);
}

function readOf(
  checker: Checker,
  instance: TypedInstance,
  run: TypedRun,
  read: Extract<TypedExpression, { kind: "run" }>["read"],
  declared: SemanticType | undefined,
  leading: readonly Dim[],
  span: Expression["span"],
): TypedExpression {
  const dimensions = new Map<string, Dim>([...instance.dimensions, ...run.call.runtimeDimensions]);
  const source = { words: wordsFor("instance", instance.name), span: instance.span };
  const type = declared && substituteType(declared, dimensions, source);
  if (type === undefined) {
    checker.reportTooLarge(span);
    return checker.error(span);
  }
  return { kind: "run", run, read, span, type: withLeading(type, leading) };
}

/** The run that stands at the root of `e.rnn.h`, and the names after it. */
interface RunPath {
  readonly instance: TypedInstance;
  readonly run: TypedRun | undefined;
  readonly names: readonly string[];
}

function pathOf(checker: Checker, node: MemberNode): RunPath | undefined {
  const names: string[] = [];
  let root: Expression = node;
  for (;;) {
    const place = names.length > 0 && root.kind === "index" && root.indices.length === 1 ? root.indices[0] : undefined;
    if (root.kind === "member" && (!root.next || root === node)) {
      names.unshift(root.member.text);
      root = root.object;
    } else if (root.kind === "index" && place?.kind === "at" && place.value.kind === "number") {
      names.unshift(place.value.text);
      root = root.object;
    } else break;
  }
  const call =
    root.kind === "call"
      ? root
      : root.kind === "reference" && !root.next
        ? checker.instances.runs?.byEquation.get(root.name)
        : undefined;
  const instance = call && checker.instances.instances.get(call.callee.text);
  if (call === undefined || instance === undefined) return undefined;
  if (root.kind === "reference") {
    checker.scope.used.add(root.name);
    return { instance, run: checker.runs.get(call), names };
  }
  checker.scope.used.add(instance.name);
  return { instance, run: runOf(checker, instance, call), names };
}

/** `e.y`, `e.h`, `e.rnn.h'`; undefined where the object is no call of a used cell. */
export function inferRunMember(checker: Checker, node: MemberNode): TypedExpression | undefined {
  const path = pathOf(checker, node);
  if (path === undefined) return undefined;
  const { instance, run, names } = path;
  if (run === undefined) return checker.error(node.span);
  const [first, ...deeper] = names;
  const output = deeper.length === 0 && !node.next && outputNamed(instance, first ?? "");
  if (output) return outputOf(checker, instance, run, output.name, node.span);
  const state = stateAt(instance.cell, names);
  if (state === undefined) {
    checker.report(
      "unknown-member",
      node.member.span,
      `\`${instance.name}\` has no output or state \`${names.join(".")}\``,
      {
        help:
          checker.suggest(node.member.text, () => membersOf(instance.cell)) ??
          `it has ${membersOf(instance.cell)
            .map((name) => `\`${name}\``)
            .join(", ")}`,
      },
    );
    return checker.error(node.span);
  }
  const name = names.join(".");
  return readOf(checker, instance, run, { what: node.next ? "after" : "before", name }, state, [], node.span);
}

/** `trace(e.h)`: the state after every step; undefined where the argument is something else. */
export function inferTrace(checker: Checker, node: CallNode): TypedExpression | undefined {
  const [argument] = node.arguments;
  if (node.arguments.length !== 1 || argument?.value.kind !== "member" || argument.value.next) return undefined;
  const path = pathOf(checker, argument.value);
  const state = path?.run && stateAt(path.instance.cell, path.names);
  if (path?.run === undefined || state === undefined) return undefined;
  const name = path.names.join(".");
  if (path.instance.cell.form === "network") {
    const message = `\`${path.instance.name}\` is a network, and \`${name}\` is traced where it runs`;
    checker.report("unknown-member", node.span, message, { help: "in that network: `output states = trace(e.h)`" });
    return checker.error(node.span);
  }
  path.run.traced.add(name);
  return readOf(checker, path.instance, path.run, { what: "trace", name }, state, path.run.over, node.span);
}

/** The type of a state by its path, in terms of the used cell. */
function stateAt(cell: TypedCell, names: readonly string[]): SemanticType | undefined {
  const path = names.join(".");
  return statesIn(cell).find(({ tensor }) => tensor.name === path)?.tensor.type;
}

const membersOf = (cell: TypedCell): string[] =>
  [...cell.outputs, ...statesIn(cell).map(({ tensor }) => tensor)].map(({ name }) => name);
