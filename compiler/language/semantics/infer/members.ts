/** `lower.h`, `lower.h'`, `lower.W_i`, `outer.inner.h`, `lower(x).alpha`: what belongs to a used cell. */
import type { Expression, MemberNode, Name } from "../../syntax/ast.js";
import type { Dim } from "../../../base/types/dim.js";
import type { Checker } from "../checker.js";
import { boundedSubstitute } from "../../../base/types/bounded-dim.js";
import { placeInArray, refusePlace } from "../arrays.js";
import { outputNamed } from "../check-instance-call.js";
import { inferOutputInPlace } from "./call-in-place.js";
import { tensorNamed, tensorsIn } from "../cell-tensors.js";
import { wordsFor } from "../scope.js";
import { inferRunMember } from "./runs.js";
import { inferResultMember } from "./results.js";
import { substituteType } from "../substitute.js";
import type { SemanticType } from "../semantic-type.js";
import type { TypedCell, TypedExpression, TypedInstance } from "../typed-program.js";
import { saidElsewhere } from "../../syntax/other-names.js";
import type { TypedPlace } from "../typed-sizes.js";
import { isStored } from "../typed-program.js";

export function inferMember(checker: Checker, node: MemberNode): TypedExpression {
  const read = checker.instances.runs && inferRunMember(checker, node);
  if (read !== undefined) return read;
  const path = instancePath(checker, node.object);
  if (path !== undefined) return memberOfInstance(checker, node, path);
  const result = inferResultMember(checker, node);
  if (result !== undefined) return result;
  const object = checker.infer(node.object);
  if (object.type.kind === "error") return checker.error(node.span);
  if (object.type.kind === "outputs") {
    const { instance } = object.type;
    const used = checker.instances.instances.get(instance);
    const cell = used?.cell;
    if (used !== undefined && object.kind === "call-in-place" && !node.next) {
      const read = inferOutputInPlace(checker, used, object, node.member);
      if (read !== undefined) return read;
    } else if (checker.instances.inPlace.has(instance)) return reportWhichCall(checker, node, instance);
    const output = used && outputNamed(used, node.member.text);
    if (output !== undefined && !node.next) return memberOfInstance(checker, node, [stepTo(node, instance)]);
    reportNoMember(checker, node.member, cell?.outputs.map(({ name }) => name) ?? [], `\`${instance}\``, "output");
    return checker.error(node.span);
  }
  if (object.kind === "instance-call") return memberOfInstance(checker, node, [stepTo(node, object.instance)]);
  const part = object.type.kind === "complex" ? partsElsewhere.get(node.member.text) : undefined;
  checker.report("unknown-member", node.member.span, "only used cells have members", {
    help:
      part !== undefined
        ? `of a complex z it is \`${part}\``
        : node.member.text === "T"
          ? `the transpose of a matrix is \`transpose(${node.object.kind === "reference" ? node.object.name : "W"})\``
          : (saidElsewhere(node.member.text) ?? "a part of a value is a slice: `v[0:H]`"),
  });
  return checker.error(node.span);
}

const partsElsewhere: ReadonlyMap<string, string> = new Map([
  ["real", "re(z)"],
  ["re", "re(z)"],
  ["imag", "im(z)"],
  ["im", "im(z)"],
  ["conj", "conj(z)"],
]);

/** An output is read where the call stands: elsewhere nobody could say of which. */
function reportWhichCall(checker: Checker, { member, span }: MemberNode, instance: string): TypedExpression {
  const { text } = member;
  checker.report("called-twice", span, `\`${instance}\` is called several times: which \`${text}\`?`, {
    help: `read it of a call: \`u = ${instance}(…).${text}\``,
  });
  return checker.error(span);
}

/** In a network outputs and states belong to a call, of which a used cell may have many. */
function reportNoCall(checker: Checker, { member, next, span }: MemberNode, instance: string): TypedExpression {
  const read = `${member.text}${next ? "'" : ""}`;
  checker.report("unknown-member", span, `\`${read}\` of which call of \`${instance}\`?`, {
    help: `outputs and states belong to a call: \`e = ${instance}(…)\`, and then \`e.${read}\``,
  });
  return checker.error(span);
}

/** A used cell on the way to a member, and which of them where it is an array. */
interface Step {
  readonly name: Name;
  readonly place: Expression | undefined;
}

const stepTo = ({ span }: MemberNode, text: string): Step => ({ name: { text, span }, place: undefined });

/** `outer`, `inner[k]` where the expression names a used cell. */
function instancePath(checker: Checker, expression: Expression): Step[] | undefined {
  const steps: Step[] = [];
  let place: Expression | undefined;
  let root = expression;
  for (;;) {
    const index = root.kind === "index" && place === undefined ? root.indices : [];
    if (root.kind === "member" && !root.next) {
      steps.unshift({ name: root.member, place });
      place = undefined;
      root = root.object;
    } else if (root.kind === "index" && index.length === 1 && index[0]?.kind === "at") {
      place = index[0].value;
      root = root.object;
    } else break;
  }
  if (root.kind !== "reference" || root.next || checker.scope.entries.get(root.name)?.kind !== "instance")
    return undefined;
  return [{ name: { text: root.name, span: root.span }, place }, ...steps];
}

function memberOfInstance(checker: Checker, node: MemberNode, path: readonly Step[]): TypedExpression {
  const [outermost, ...inner] = path;
  const first = outermost?.name.text ?? "";
  checker.scope.used.add(first);
  const instance = checker.instances.instances.get(first);
  if (outermost === undefined || instance === undefined) return checker.error(node.span);
  const places = new Map<number, TypedPlace>();
  if (!isPlaced(checker, instance, outermost, 0, places)) return checker.error(node.span);
  // From the inside out: each level's dimensions in terms of the level around it.
  const substitutions: ReadonlyMap<string, Dim>[] = [
    new Map([...instance.dimensions, ...(checker.instances.runtimeDimensions.get(first) ?? [])]),
  ];
  const here = (dim: Dim): Dim | undefined =>
    substitutions.reduceRight<Dim | undefined>((own, each) => own && boundedSubstitute(own, each), dim);
  let cell: TypedCell = instance.cell;
  for (const [i, step] of inner.entries()) {
    const name = step.name.text;
    const item = cell.items.find((candidate) => candidate.kind === "instance" && candidate.instance.name === name);
    if (item?.kind !== "instance") {
      const names = cell.items.flatMap((candidate) => (candidate.kind === "instance" ? [candidate.instance.name] : []));
      reportNoMember(checker, { text: name, span: node.object.span }, names, `cell \`${cell.name}\``, "used cell");
      return checker.error(node.span);
    }
    const count = item.instance.count && here(item.instance.count);
    if (!isPlaced(checker, { ...item.instance, count }, step, i + 1, places)) return checker.error(node.span);
    substitutions.push(new Map([...item.instance.dimensions, ...(cell.calls.get(name)?.runtimeDimensions ?? [])]));
    cell = item.instance.cell;
  }
  const text = inner.length === 0 ? (instance.called.get(node.member.text) ?? node.member.text) : node.member.text;
  const declared = memberType(cell, text, node.next, inner.length === 0);
  if (declared === undefined) {
    reportNoMember(checker, node.member, memberNames(cell), `cell \`${cell.name}\``, node.next ? "state" : "member");
    return checker.error(node.span);
  }
  const tensor = tensorNamed(cell, text);
  if (checker.instances.runs !== undefined && (tensor === undefined || !isStored(tensor))) return reportNoCall(checker, node, first); // prettier-ignore
  const isOutput = inner.length === 0 && !node.next && tensor === undefined;
  if (isOutput && checker.instances.inPlace.has(first)) return reportWhichCall(checker, node, first);
  let type: SemanticType | undefined = declared;
  const source = { words: wordsFor("instance", first), span: instance.span };
  for (const substitution of substitutions.reverse()) type = type && substituteType(type, substitution, source);
  if (type === undefined) {
    checker.reportTooLarge(node.span);
    return checker.error(node.span);
  }
  const names = path.map(({ name }) => name.text);
  return { kind: "member", path: names, places, name: text, next: node.next, span: node.span, type };
}

/** Notes which of an array is meant; false where something was reported. */
function isPlaced(
  checker: Checker,
  instance: TypedInstance,
  { name, place }: Step,
  position: number,
  places: Map<number, TypedPlace>,
): boolean {
  if (instance.count === undefined && place === undefined) return true;
  if (instance.count === undefined && place !== undefined) refusePlace(checker, instance.name, place);
  const found = placeInArray(checker, instance, place, name.span);
  if (found !== undefined) places.set(position, found);
  return found !== undefined;
}

/** Outputs can be read of the cells used directly; states and parameters at any depth. */
function memberType(cell: TypedCell, name: string, next: boolean, isDirect: boolean): SemanticType | undefined {
  const tensor = tensorNamed(cell, name);
  if (tensor !== undefined && (tensor.role === "state" || (isStored(tensor) && !next))) return tensor.type;
  if (next || !isDirect) return undefined;
  return cell.outputs.find((output) => output.name === name)?.type;
}

function memberNames(cell: TypedCell): string[] {
  const tensors = tensorsIn(cell).filter((tensor) => tensor.role === "state" || isStored(tensor));
  return [...tensors, ...cell.outputs].map(({ name }) => name);
}

function reportNoMember(
  checker: Checker,
  { text, span }: Name,
  names: readonly string[],
  owner: string,
  what: string,
): void {
  const list = names
    .slice(0, 8)
    .map((name) => `\`${name}\``)
    .join(", ");
  checker.report("unknown-member", span, `${owner} has no ${what} \`${text}\``, {
    help:
      checker.suggest(text, () => names) ??
      (names.length === 0 ? undefined : `it has ${list}${names.length > 8 ? ", …" : ""}`),
  });
}
