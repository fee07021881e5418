/** One of several calls of a used cell without state, or of one of an array. */
import type { Dim } from "../../../base/types/dim.js";
import type { CallNode, Name } from "../../syntax/ast.js";
import { placeInArray } from "../arrays.js";
import { isStateless } from "../calls-in-place.js";
import { checkContexts, checkInputs, outputNamed } from "../check-instance-call.js";
import type { Checker } from "../checker.js";
import { wordsFor } from "../scope.js";
import type { SemanticType } from "../semantic-type.js";
import { substituteType } from "../substitute.js";
import type { TypedExpression, TypedInstance, TypedOf } from "../typed-program.js";

/** Where the used cell has several outputs, {@link inferOutputInPlace} says which is meant. */
export function inferCallInPlace(checker: Checker, instance: TypedInstance, node: CallNode): TypedExpression {
  const place = instance.count && placeInArray(checker, instance, node.place, node.callee.span);
  const contexts = checkContexts(checker, instance, node);
  const given = contexts && checkInputs(checker, instance, node);
  if (contexts === undefined || given === undefined) return checker.error(node.span);
  if (instance.count !== undefined && place === undefined) return checker.error(node.span);
  checker.addExtent(instance.cell.extent, node.callee.span);
  const isStep = place !== undefined && !isStateless(instance.cell);
  const isInRounds = checker.roundValues.size > 0;
  if (isStep) checker.arrayCalls.push({ instance: instance.name, place, isInRounds });
  const [output, ...others] = instance.cell.outputs;
  const { name } = instance;
  const call = { ...contexts, ...given };
  const { span } = node;
  const typed = {
    kind: "call-in-place",
    instance: name,
    place,
    isStep,
    call,
    output: output?.name ?? "",
    span,
  } as const;
  if (output === undefined || others.length > 0) return { ...typed, type: { kind: "outputs", instance: name } };
  return withType(checker, instance, typed, output.type);
}

type InPlace = TypedOf<"call-in-place">;

/** `l(x).alpha`; undefined where there is no such output. */
export function inferOutputInPlace(
  checker: Checker,
  instance: TypedInstance,
  node: InPlace,
  member: Name,
): TypedExpression | undefined {
  const output = outputNamed(instance, member.text);
  return output && withType(checker, instance, { ...node, output: output.name }, output.type);
}

function withType(
  checker: Checker,
  instance: TypedInstance,
  node: Omit<InPlace, "type">,
  declared: SemanticType,
): TypedExpression {
  const dimensions = new Map<string, Dim>([...instance.dimensions, ...node.call.runtimeDimensions]);
  const source = { words: wordsFor("instance", instance.name), span: instance.span };
  const type = substituteType(declared, dimensions, source);
  if (type !== undefined) return { ...node, type };
  checker.reportTooLarge(node.span);
  return checker.error(node.span);
}
