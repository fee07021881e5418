/** One of several calls of a used cell without state. */
import type { Dim } from "../../../base/types/dim.js";
import type { CallNode, Name } from "../../syntax/ast.js";
import { checkContexts, checkInputs } from "../check-instance-call.js";
import type { Checker } from "../checker.js";
import { wordsFor } from "../scope.js";
import type { SemanticType } from "../semantic-type.js";
import { substituteType } from "../substitute.js";
import type { TypedExpression, TypedInstance, TypedOf } from "../typed-program.js";

/** Where the used cell has several outputs, {@link inferOutputInPlace} says which is meant. */
export function inferCallInPlace(checker: Checker, instance: TypedInstance, node: CallNode): TypedExpression {
  const contexts = checkContexts(checker, instance, node);
  const given = contexts && checkInputs(checker, instance, node);
  if (contexts === undefined || given === undefined) return checker.error(node.span);
  checker.addExtent(instance.cell.extent, node.callee.span);
  const [output, ...others] = instance.cell.outputs;
  const { name } = instance;
  const call = { ...contexts, ...given };
  const place = { kind: "call-in-place", instance: name, call, output: output?.name ?? "", span: node.span } as const;
  if (output === undefined || others.length > 0) return { ...place, type: { kind: "outputs", instance: name } };
  return withType(checker, instance, place, output.type);
}

type InPlace = TypedOf<"call-in-place">;

/** `l(x).alpha`; undefined where there is no such output. */
export function inferOutputInPlace(
  checker: Checker,
  instance: TypedInstance,
  node: InPlace,
  member: Name,
): TypedExpression | undefined {
  const output = instance.cell.outputs.find(({ name }) => name === member.text);
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
